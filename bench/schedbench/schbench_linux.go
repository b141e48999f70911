package main

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/measure"
)

const (
	batch     = 8         // requests between two sleeps of the message thread
	pending   = 8         // requests that a worker has room for
	network   = interval  // how long a worker sleeps before the work
	footprint = 256 << 10 // bytes of the matrices of one worker
	longer    = 4         // times o.duration: there are few requests a second
)

// schbench compares wake-up latency under load. It is schbench with a message
// thread that sends a given number of requests a second (its -R), and without
// its locks for each CPU (its -L), which plain goroutines could not have: the
// message thread hands requests out to the workers by turns, eight at a time, and
// a worker sleeps for 100 µs, as if it used a network, and then multiplies
// matrices. The latency is that from before the send to the first instruction
// of a worker that has waited; the request's is that of sleep and work.
//
// The rate is such that the work alone takes o.load of the CPUs' time; what they
// can do is measured first, unless o.rate gives the rate. "CPUs used" says what came
// of it: less than the load means that others used the machine. Requests are due at
// times fixed in advance, so that both sides get the same number, also where the
// message thread itself runs late; one that finds eight before it is dropped, as
// in schbench.
//
// schbench starts one worker for each CPU. Then a woken worker finds a CPU idle
// most of the time, and there is little to schedule; so here there are
// eight for each by default. All tasks are alike: Normal.
func schbench(o options, cpus int) *comparison {
	workers := o.workers
	if workers == 0 {
		workers = 8 * cpus
	}
	d := longer * o.duration
	rate, load := o.rate, "a given"
	if rate == 0 {
		rate = o.load * calibrate(cpus, workers, o.operations, max(o.duration, 50*time.Millisecond))
		load = percent(o.load)
	}
	const ours, plain = "tasks", "goroutines"
	both := func(kernel bool) func() (measures, error) {
		return func() (measures, error) {
			return in(kernel, gpm.Config{CPUs: cpus}, func(w world) (measures, error) {
				b := newBoard(workers, o.operations)
				return b.run(w, cpus, rate, d)
			})
		}
	}
	return &comparison{
		name: "schbench",
		what: fmt.Sprintf("wake-up latency of %d workers on %d CPUs, %.0f requests a second, %s load, %v for each side", workers, cpus, rate, load, d),
		metrics: []metric{
			{name: "p50", show: duration}, {name: "p90", show: duration}, {name: "p99", show: duration}, {name: "max", show: duration},
			{name: "wake-ups", show: count, info: true}, {name: "request p99", show: duration},
			{name: "dropped", show: count, info: true}, {name: "CPUs used", show: percent, info: true},
		},
		sides:   []side{{ours, both(tasks)}, {plain, both(goroutines)}},
		targets: []target{{"p99", plain, 1.0 / 20}},
	}
}

// calibrate returns how many requests' work cpus CPUs do in a second. All compute
// meanwhile, as they share caches, and on the matrices of one worker after the other.
// Others may use the machine now and then: it is the median that counts.
func calibrate(cpus, workers, operations int, d time.Duration) float64 {
	var done sync.WaitGroup
	took := make([][]time.Duration, cpus)
	for i := range took {
		done.Add(1)
		go func() {
			defer done.Done()
			var all []*matrices
			for range max(1, workers/cpus) {
				all = append(all, newMatrices())
			}
			for end := time.Now().Add(d); len(took[i]) == 0 || time.Now().Before(end); {
				m := all[len(took[i])%len(all)]
				begin := time.Now()
				m.work(operations)
				took[i] = append(took[i], time.Since(begin))
			}
		}()
	}
	done.Wait()
	return float64(cpus) / (spread(slices.Concat(took...))["p50"] / 1e9)
}

// board is the workers and what they have seen.
type board struct {
	workers    []*worker
	operations int
	dropped    int // the message thread's
}

type worker struct {
	requests chan time.Time // when it was sent
	wakeups  []time.Duration
	times    []time.Duration // of requests
	m        *matrices
}

func newBoard(workers, operations int) *board {
	b := &board{operations: operations}
	for range workers {
		b.workers = append(b.workers, &worker{requests: make(chan time.Time, pending), m: newMatrices()})
	}
	return b
}

// run sends requests for d.
func (b *board) run(w world, cpus int, rate float64, d time.Duration) (measures, error) {
	var done sync.WaitGroup
	for _, worker := range b.workers {
		done.Add(1)
		if err := w.start(gpm.Attr{}, func() { defer done.Done(); worker.run(b.operations) }); err != nil {
			return nil, err
		}
	}
	used, began := measure.CPUTime(), time.Now()
	done.Add(1)
	if err := w.start(gpm.Attr{}, func() { defer done.Done(); b.send(rate, d) }); err != nil {
		return nil, err
	}
	done.Wait()
	busy := (measure.CPUTime() - used).Seconds() / time.Since(began).Seconds() / float64(cpus)
	return b.measures(busy), nil
}

// send is the message thread.
func (b *board) send(rate float64, d time.Duration) {
	begin := time.Now()
	for i := 0; ; i++ {
		if i%batch == 0 {
			due := time.Duration(float64(i) / rate * 1e9)
			if due >= d {
				break
			}
			gpm.Sleep(due - time.Since(begin)) // time.Sleep in a goroutine
		}
		w := b.workers[i%len(b.workers)]
		select {
		case w.requests <- time.Now():
		default:
			b.dropped++
		}
	}
	for _, w := range b.workers {
		close(w.requests)
	}
}

// run serves requests until there are no more.
func (w *worker) run(operations int) {
	for {
		select {
		case _, ok := <-w.requests:
			if !ok {
				return
			}
		default:
			sent, ok := <-w.requests
			if !ok {
				return
			}
			w.wakeups = append(w.wakeups, time.Since(sent))
		}
		begin := time.Now()
		gpm.Sleep(network)
		w.m.work(operations)
		w.times = append(w.times, time.Since(begin))
	}
}

func (b *board) measures(busy float64) measures {
	var wakeups, times []time.Duration
	for _, w := range b.workers {
		wakeups = append(wakeups, w.wakeups...)
		times = append(times, w.times...)
	}
	m := spread(wakeups)
	if len(times) > 0 {
		m["request p99"] = spread(times)["p99"]
	}
	m["wake-ups"], m["dropped"], m["CPUs used"] = float64(len(wakeups)), float64(b.dropped), busy
	return m
}

// matrices are three, square, in footprint bytes: a product and its factors.
type matrices struct {
	n       int
	a, b, c []uint64
}

func newMatrices() *matrices {
	n := int(math.Sqrt(footprint / 3 / 8))
	m := &matrices{n, make([]uint64, n*n), make([]uint64, n*n), make([]uint64, n*n)}
	for i := range m.a {
		m.a[i], m.b[i] = uint64(i), uint64(i+1)
	}
	return m
}

// work multiplies the matrices in the naive way, some times.
func (m *matrices) work(times int) {
	for range times {
		for i := range m.n {
			for j := range m.n {
				sum := uint64(0)
				for k := range m.n {
					sum += m.a[i*m.n+k] * m.b[k*m.n+j]
				}
				m.c[i*m.n+j] = sum
			}
		}
	}
}
