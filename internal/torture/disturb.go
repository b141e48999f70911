package torture

import (
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
)

// Disturb disturbs tasks in every way until the returned function is called,
// which waits until it has ended: the collector runs all the time, tasks
// are moved to other CPUs and get other priorities for a while, and urgent tasks
// that do nothing preempt whatever runs. urgent, if not nil, is told when task i gets
// or loses a real-time priority; such a task must then block now and then.
// Context: an ordinary goroutine.
func Disturb(k *gpm.Kernel, cpus int, r *rand.Rand, tasks []*gpm.Task, urgent func(i int, on bool)) (stop func()) {
	d := &disturbance{k: k, cpus: cpus, tasks: tasks, urgent: urgent}
	percent := debug.SetGCPercent(25)
	d.background(r, func(*rand.Rand) { runtime.GC(); time.Sleep(2 * time.Millisecond) })
	d.background(r, d.shuffle)
	for range 2 {
		d.noise(rand.New(rand.NewPCG(r.Uint64(), 3)))
	}
	return func() {
		d.quit.Store(true)
		d.wg.Wait()
		debug.SetGCPercent(percent)
	}
}

type disturbance struct {
	k      *gpm.Kernel
	cpus   int
	tasks  []*gpm.Task
	urgent func(i int, on bool)
	raised [2]int // tasks that have a real-time priority now, +1
	turn   int
	quit   atomic.Bool
	wg     sync.WaitGroup
}

// background repeats f until the end, on an ordinary goroutine.
func (d *disturbance) background(r *rand.Rand, f func(*rand.Rand)) {
	own := rand.New(rand.NewPCG(r.Uint64(), 1))
	d.wg.Go(func() {
		for !d.quit.Load() {
			f(own)
		}
	})
}

// shuffle moves a task to some of the CPUs, which interrupts it, as
// locktorture's shuffler does, and at times raises its priority instead.
func (d *disturbance) shuffle(r *rand.Rand) {
	if len(d.tasks) > 0 {
		i := r.IntN(len(d.tasks))
		d.set(i, gpm.Attr{CPUs: someCPUs(r, d.cpus)})
		if d.urgent != nil && r.IntN(8) == 0 {
			d.raise(r, i)
		}
	}
	time.Sleep(time.Duration(100+r.IntN(900)) * time.Microsecond)
}

// raise gives task i a real-time priority; one that had it for long loses it.
func (d *disturbance) raise(r *rand.Rand, i int) {
	d.turn = (d.turn + 1) % len(d.raised)
	old := &d.raised[d.turn]
	if *old != 0 {
		d.set(*old-1, gpm.Attr{})
		d.urgent(*old-1, false)
	}
	*old = i + 1
	d.urgent(i, true)
	d.set(i, gpm.Attr{Policy: gpm.Policy(1 + r.IntN(2)), Priority: 1 + r.IntN(50)})
}

// set changes a task that may have ended.
func (d *disturbance) set(i int, a gpm.Attr) {
	if t := d.tasks[i]; t.State() != gpm.Dead {
		_ = t.SetAttr(a) // it may have ended just now
	}
}

// someCPUs returns some of n CPUs; nil for all.
func someCPUs(r *rand.Rand, n int) (some []int) {
	if r.IntN(3) == 0 {
		return nil
	}
	for c := range n {
		if r.IntN(2) == 0 {
			some = append(some, c)
		}
	}
	return some // nil again if there is none
}

// noise is a task that preempts whatever runs on some CPU, for a moment.
func (d *disturbance) noise(r *rand.Rand) {
	d.wg.Add(1)
	_, err := d.k.Spawn(gpm.Attr{Name: "noise", Policy: gpm.FIFO, Priority: 90}, func() {
		defer d.wg.Done()
		for !d.quit.Load() {
			Spin(r.IntN(20_000))
			time.Sleep(time.Duration(50+r.IntN(500)) * time.Microsecond)
		}
	})
	if err != nil {
		d.wg.Done()
	}
}

// gate holds everybody up at times, so that all start again at once: locktorture's stutter.
type gate struct {
	closed atomic.Pointer[chan struct{}]
}

func (g *gate) wait() {
	if c := g.closed.Load(); c != nil {
		<-*c
	}
}

// stutter closes the gate for a moment, and again later.
func (g *gate) stutter(r *rand.Rand) {
	c := make(chan struct{})
	g.closed.Store(&c)
	time.Sleep(time.Duration(1+r.IntN(3)) * time.Millisecond)
	g.closed.Store(nil)
	close(c)
	time.Sleep(time.Duration(10+r.IntN(30)) * time.Millisecond)
}
