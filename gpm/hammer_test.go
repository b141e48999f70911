//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/goport"
	"github.com/gokern/gokern/internal/leak"
	"github.com/gokern/gokern/internal/loads"
	"github.com/gokern/gokern/internal/seed"
)

var (
	hammerFor  = flag.Duration("hammer", 0, "how long the hammer tests run in all (default 8s, 2s with -short)")
	hammerSeed = flag.Uint64("hammerseed", 0, "seed of the hammer tests, as a failed one printed it (default: a new one)")
)

func TestMain(m *testing.M) {
	flag.Parse()
	leak.Main(m)
}

// hammerTime returns a share of the time that the hammer tests have.
func hammerTime(share float64) time.Duration {
	d := *hammerFor
	if d == 0 {
		d = 8 * time.Second
		if testing.Short() {
			d = 2 * time.Second
		}
	}
	return time.Duration(share * float64(d))
}

// hammerRand returns the test's random numbers and logs how to get them again.
func hammerRand(t *testing.T) *rand.Rand { return seed.Rand(t, "hammerseed", *hammerSeed) }

// Self-checking loads of every kind, preempted all the time, with the collector
// running all the time, GOMAXPROCS changing, and tasks of every policy.
func TestHammer(t *testing.T) {
	r := hammerRand(t)
	all := loads.All()
	defer loads.Close()
	k := boot(t, Config{Slice: 100 * time.Microsecond})
	defer debug.SetGCPercent(debug.SetGCPercent(25))
	var stop atomic.Bool
	var wg sync.WaitGroup
	background := func(f func(*rand.Rand)) {
		own := rand.New(rand.NewPCG(r.Uint64(), 1))
		wg.Add(1)
		go func() {
			defer wg.Done()
			for !stop.Load() {
				f(own)
			}
		}()
	}
	background(func(*rand.Rand) { runtime.GC(); time.Sleep(2 * time.Millisecond) })
	background(func(r *rand.Rand) { runtime.GOMAXPROCS(1 + r.IntN(6)); time.Sleep(20 * time.Millisecond) })
	procs := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(procs)

	var failed atomic.Error
	runs := atomic.NewInt64(0)
	one := func(r *rand.Rand, pick []loads.Load) {
		l := pick[r.IntN(len(pick))]
		if l.Heavy && r.IntN(10) != 0 {
			return
		}
		if err := l.Run(r); err != nil {
			if failed.Swap(err) == nil {
				t.Log(scene(k, l.Name+" failed"))
			}
			stop.Store(true)
		}
		runs.Inc()
	}
	// A task that waits, locked to its thread, for a goroutine that inherits
	// needs a second CPU: such loads run in tasks whose goroutines are Go's.
	var free []loads.Load
	for _, l := range all {
		if !l.Holds {
			free = append(free, l)
		}
	}
	var tasks []*Task
	for i := range 48 {
		own := rand.New(rand.NewPCG(r.Uint64(), 2))
		attr := Attr{Inherit: i%3 == 0}
		switch i % 8 {
		case 5:
			attr.Policy, attr.Priority = RR, 1+r.IntN(99)
		case 6:
			attr.CPUs = []int{r.IntN(k.cpusLen)}
		}
		pick := all
		if attr.Inherit {
			pick = free
		}
		tasks = append(tasks, spawn(t, k, attr, func() {
			for !stop.Load() {
				one(own, pick)
				if attr.Policy != Normal {
					time.Sleep(time.Millisecond) // let others live
				}
				if own.IntN(50) == 0 {
					Outside(func() { time.Sleep(50 * time.Microsecond) })
				}
			}
		}))
	}
	background(func(r *rand.Rand) {
		if err := k.Do(Attr{}, func() { one(r, free) }); err != nil {
			failed.Store(err)
		}
	})
	background(func(r *rand.Rand) { // thousands of short ones
		var burst []*Task
		for range 100 {
			task, err := k.Spawn(Attr{}, func() { runtime.Gosched() })
			if err != nil {
				failed.Store(err)
				return
			}
			burst = append(burst, task)
		}
		for _, task := range burst {
			if err := task.Wait(context.Background()); err != nil {
				failed.Store(err)
			}
		}
		// And others whose memory is used again.
		if err := k.Do(Attr{Inherit: r.IntN(2) == 0}, func() {
			var wg sync.WaitGroup
			for range 100 {
				wg.Add(2)
				if err := k.Go(Attr{}, wg.Done); err != nil {
					failed.Store(err)
					wg.Done()
				}
				go wg.Done()
			}
			wg.Wait()
		}); err != nil {
			failed.Store(err)
		}
		time.Sleep(5 * time.Millisecond)
	})
	background(func(r *rand.Rand) {
		task := tasks[r.IntN(len(tasks))]
		old := task.Attr()
		attr := old
		attr.CPUs = []int{r.IntN(k.cpusLen)}
		if old.Policy != Normal {
			attr.Priority = 1 + r.IntN(99)
		} else if r.IntN(10) == 0 {
			attr.Policy, attr.Priority, attr.CPUs = FIFO, 1+r.IntN(99), nil // for a moment: it does not sleep
		}
		for _, a := range []Attr{attr, old} {
			if err := task.SetAttr(a); err != nil && !stop.Load() {
				failed.Store(err)
			}
			time.Sleep(100 * time.Microsecond)
		}
	})
	for end := time.Now().Add(hammerTime(0.8)); time.Now().Before(end) && !stop.Load(); {
		time.Sleep(10 * time.Millisecond)
	}
	stop.Store(true)
	late := time.AfterFunc(10*time.Second, func() { t.Log(scene(k, "10 s after the end some loads have not ended")) })
	wg.Wait()
	wait(t, tasks...)
	late.Stop()
	require.NoError(t, failed.Load())
	s := k.Stats().Total
	t.Logf("%d runs; %+v", runs.Load(), s)
	require.Positive(t, s.Sync+s.Async)
	if k.asyncPreempt {
		require.Positive(t, s.Async)
	}
	require.Zero(t, s.AtomicParks)
}

// scene describes the moment: each CPU, and what every goroutine does.
func scene(k *Kernel, what string) string {
	stacks := make([]byte, 4<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	text := fmt.Sprintf("%v %s\n", time.Now(), what)
	for _, c := range k.Stats().CPUs {
		text += fmt.Sprintf("%+v\n", c)
	}
	return text + string(stacks)
}

// Most ticks that find a preemptible task must have it switched before the next
// tick, with the collector running all the time.
func TestHammerTicks(t *testing.T) {
	if goport.AsyncPreemptOff() != "" {
		t.Skip("without preemption by signals a tick waits for a prologue")
	}
	k := boot(t, Config{Slice: time.Millisecond})
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	var stop atomic.Bool
	var tasks []*Task
	for range 4 * k.cpusLen {
		tasks = append(tasks, spawn(t, k, Attr{}, func() {
			for !stop.Load() {
				var keep [][]byte
				for i := range 200 {
					keep = append(keep, make([]byte, 10+i*7))
				}
				tight(&stop)
				runtime.KeepAlive(keep)
			}
		}))
	}
	for end := time.Now().Add(hammerTime(0.1)); time.Now().Before(end); {
		runtime.GC()
	}
	stop.Store(true)
	wait(t, tasks...)
	s := k.Stats().Total
	t.Logf("%d ticks, %d wanted a switch, %d were late", s.Ticks, s.Wants, s.Misses)
	require.Positive(t, s.Wants)
	if raceBuild {
		return
	}
	require.LessOrEqual(t, float64(s.Misses), 0.05*float64(s.Wants)+2)
}

// tight is a loop that no prologue interrupts.
func tight(stop *atomic.Bool) (x int) {
	for i := 0; i < 1_000_000 && !stop.Load(); i++ {
		x += i
	}
	return x
}

// Boot and Shutdown in a loop leave nothing behind.
func TestHammerBoot(t *testing.T) {
	before, procs := leak.Take(), runtime.GOMAXPROCS(0)
	n := 0
	for end := time.Now().Add(hammerTime(0.1)); time.Now().Before(end) || n == 0; n++ {
		k, err := Boot(Config{CPUs: 1 + n%4})
		require.NoError(t, err)
		_, err = Boot(Config{})
		require.ErrorIs(t, err, ErrBooted)
		task := spawn(t, k, Attr{Inherit: true}, func() {
			c := make(chan int)
			go func() { c <- 1 }()
			<-c
		})
		wait(t, task)
		require.Positive(t, goport.Patched())
		require.NoError(t, k.Shutdown(context.Background()))
		require.Zero(t, goport.Patched(), "call sites left retargeted")
		require.Equal(t, procs, runtime.GOMAXPROCS(0))
		require.ErrorIs(t, k.Shutdown(context.Background()), ErrShutdown)
		_, err = k.Spawn(Attr{}, func() {})
		require.ErrorIs(t, err, ErrShutdown)
		require.ErrorIs(t, k.Do(Attr{}, func() {}), ErrShutdown)
	}
	t.Logf("%d times", n)
	require.Empty(t, before.Diff())
}
