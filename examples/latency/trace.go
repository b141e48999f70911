package main

import (
	"context"
	"net"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gokern/gokern/gpm"
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
	conns map[string]*conn // by the client's address
	ended []*conn          // whose addresses others have now
	all   []spans
	skew  time.Duration        // that a moment of the kernel's was outside its stage, at most
	waits [len(stages)][]parts // of those stages whose end is a wake-up that the kernel noted
}

// conn is a connection that is traced.
type conn struct {
	under            atomic.Pointer[stamps] // of the request that is under way
	dialed, accepted time.Time              // when the client began to, and the server had; protected by tracer.mu
}

func newTracer(s schedule) *tracer {
	return &tracer{base: s.start, skip: s.skip, conns: map[string]*conn{}}
}

// stamps are what the two ends of a connection note of one request: times since
// the tracer's base, 0: not yet; and how the server's read was woken.
type stamps struct {
	at   [4]atomic.Int64
	woke atomic.Pointer[gpm.WakeUp]
}

const (
	sent = iota
	arrived
	replied
	returned
)

// of returns the connection whose client has address a, and notes when it was dialed,
// or accepted.
func (t *tracer) of(a net.Addr, dialed, accepted time.Time) *conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.conns[a.String()]
	if c == nil || !c.dialed.IsZero() && !c.accepted.IsZero() { // the address is used again
		c = &conn{}
		c.under.Store(&stamps{})
		if t.conns[a.String()] != nil {
			t.ended = append(t.ended, t.conns[a.String()])
		}
		t.conns[a.String()] = c
	}
	if !dialed.IsZero() {
		c.dialed = dialed
	} else {
		c.accepted = accepted
	}
	return c
}

// tracedConn is one end of a connection. It notes its first write and, once the
// other end has written, its first read of a request.
type tracedConn struct {
	net.Conn
	t           *tracer
	c           *conn
	write, read int
	after       int // the other end's write
}

func (c *tracedConn) Read(b []byte) (n int, err error) {
	woke := c.t.watch(func() { n, err = c.Conn.Read(b) })
	s := c.c.under.Load()
	if n > 0 && s.at[c.after].Load() != 0 && s.at[c.read].CompareAndSwap(0, int64(time.Since(c.t.base))) && c.read == arrived {
		s.woke.Store(woke)
	}
	return n, err
}

func (c *tracedConn) Write(b []byte) (int, error) {
	c.c.under.Load().at[c.write].CompareAndSwap(0, int64(time.Since(c.t.base)))
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
	return &tracedConn{c, l.t, l.t.of(c.RemoteAddr(), time.Time{}, time.Now()), replied, arrived, sent}, nil
}

func (t *tracer) listen(l net.Listener) net.Listener {
	if t == nil {
		return l
	}
	return tracedListener{l, t}
}

// dial is a Transport's DialContext that notes the client's writes and reads.
func (t *tracer) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	began := time.Now()
	c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
	if err != nil || t == nil {
		return c, err
	}
	return &tracedConn{c, t, t.of(c.LocalAddr(), began, time.Time{}), sent, returned, replied}, nil
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
			c.c.under.Store(s)
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
		time.Duration(s.at[sent].Load()), time.Duration(s.at[arrived].Load()), time.Duration(s.at[replied].Load()), time.Duration(s.at[returned].Load()), end}
	var took spans
	for i := range took {
		took[i] = at[i+1] - at[i]
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, took)
	t.split(0, at, a.woke)
	t.split(3, at, s.woke.Load())
}
