package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http/httptrace"
	"slices"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"github.com/gokern/gokern/internal/measure"
)

// The stages of a request of -mode http, in order: what -trace prints. Each
// begins where the one before ends. Those that wait for Go's network poller
// are marked.
var stages = [len(spans{})]struct {
	name string
	net  bool
}{
	{"due: the clock's timer, to its goroutine", true},
	{"channel, to the client", false},
	{"client, to the call of write", false},
	{"network, to the server's read", true},
	{"server, to the call of write", false},
	{"network, to the client's read", true},
	{"client, to the answer", false},
}

// spans are how long each stage of one request took.
type spans [7]time.Duration

// tracer collects moments. nil: nothing is traced.
type tracer struct {
	base  time.Time
	skip  int
	mu    sync.Mutex
	conns map[string]*atomic.Pointer[stamps] // by the client's address
	all   []spans
}

func newTracer(s schedule) *tracer {
	return &tracer{base: s.start, skip: s.skip, conns: map[string]*atomic.Pointer[stamps]{}}
}

// stamps are what the two ends of a connection note of one request: times since
// the tracer's base, 0: not yet.
type stamps [4]atomic.Int64

const (
	sent = iota
	arrived
	replied
	returned
)

// of returns where the stamps are of the request that is under way on the
// connection whose client has address a.
func (t *tracer) of(a net.Addr) *atomic.Pointer[stamps] {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.conns[a.String()]
	if p == nil {
		p = &atomic.Pointer[stamps]{}
		p.Store(&stamps{})
		t.conns[a.String()] = p
	}
	return p
}

// tracedConn is one end of a connection. It notes its first write and, once the
// other end has written, its first read of a request.
type tracedConn struct {
	net.Conn
	t           *tracer
	under       *atomic.Pointer[stamps]
	write, read int
	after       int // the other end's write
}

func (c *tracedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if s := c.under.Load(); n > 0 && s[c.after].Load() != 0 {
		s[c.read].CompareAndSwap(0, int64(time.Since(c.t.base)))
	}
	return n, err
}

func (c *tracedConn) Write(b []byte) (int, error) {
	c.under.Load()[c.write].CompareAndSwap(0, int64(time.Since(c.t.base)))
	return c.Conn.Write(b)
}

// tracedListener notes the server's reads and writes.
type tracedListener struct {
	net.Listener
	t *tracer
}

func (l tracedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &tracedConn{c, l.t, l.t.of(c.RemoteAddr()), replied, arrived, sent}, nil
}

func (t *tracer) listen(l net.Listener) net.Listener {
	if t == nil {
		return l
	}
	return tracedListener{l, t}
}

// dial is a Transport's DialContext that notes the client's writes and reads.
func (t *tracer) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
	if err != nil || t == nil {
		return c, err
	}
	return &tracedConn{c, t, t.of(c.LocalAddr()), sent, returned, replied}, nil
}

// request returns a context that notes the connection of one request, and what
// to call when it has been answered.
func (t *tracer) request(a arrival) (ctx context.Context, answered func()) {
	if t == nil {
		return context.Background(), func() {}
	}
	taken := time.Since(t.base)
	var s *stamps
	ctx = httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
		if c, ok := i.Conn.(*tracedConn); ok {
			s = &stamps{}
			c.under.Store(s)
		}
	}})
	return ctx, func() { t.done(a, taken, s) }
}

// done adds a request that has been answered.
func (t *tracer) done(a arrival, taken time.Duration, s *stamps) {
	end := time.Since(t.base)
	if s == nil || a.k < t.skip {
		return
	}
	at := []time.Duration{a.due.Sub(t.base), a.sent.Sub(t.base), taken,
		time.Duration(s[sent].Load()), time.Duration(s[arrived].Load()), time.Duration(s[replied].Load()), time.Duration(s[returned].Load()), end}
	var took spans
	for i := range took {
		took[i] = at[i+1] - at[i]
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, took)
}

// write prints a row for each stage.
func (t *tracer) write(w io.Writer, name string) error {
	tw := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintf(tw, "%s: %d requests traced\tp50\tp90\tp99\tp99.9\tmax\n", name, len(t.all))
	row := func(name string, of func(spans) time.Duration) {
		var list []time.Duration
		for _, took := range t.all {
			list = append(list, of(took))
		}
		slices.Sort(list)
		fmt.Fprintf(tw, "%s", name)
		for _, p := range []float64{50, 90, 99, 99.9, 100} {
			fmt.Fprintf(tw, "\t%s", show(measure.Percentile(list, p)))
		}
		fmt.Fprintln(tw)
	}
	for i, s := range stages {
		row(s.name, func(took spans) time.Duration { return took[i] })
	}
	sum := func(netOnly bool) func(spans) time.Duration {
		return func(took spans) (d time.Duration) {
			for i, s := range stages {
				if s.net || !netOnly {
					d += took[i]
				}
			}
			return d
		}
	}
	row("all that wait for the poller", sum(true))
	row("all", sum(false))
	fmt.Fprintln(tw)
	return tw.Flush()
}
