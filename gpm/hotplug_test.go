//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"bytes"
	"log/slog"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/goport"
	"github.com/gokern/gokern/internal/readers"
	"github.com/gokern/gokern/preempt"
)

// quiet is for kernels that have something to log each time.
var quiet = slog.New(slog.DiscardHandler)

// hog starts a task that computes until stop.
func hog(t *testing.T, k *Kernel, attr Attr, stop *atomic.Bool) *Task {
	return spawn(t, k, attr, func() {
		for !stop.Load() {
			call(1)
		}
	})
}

// soon waits for what ok reports, a minute at most.
func soon(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(100 * time.Microsecond) {
		require.True(t, time.Now().Before(end), what)
	}
}

// Tasks of every kind leave a CPU that goes offline, and those that may come back
// when it is online do.
func TestOffline(t *testing.T) {
	k := boot(t, Config{CPUs: 3, Logger: quiet, Slice: 200 * time.Microsecond})
	var stop atomic.Bool
	defer stop.Store(true)
	var tasks []*Task
	for _, attr := range []Attr{{}, {}, {CPUs: []int{1, 2}}, {Policy: RR, Priority: 5}, {Policy: FIFO, Priority: 4, CPUs: []int{1}},
		{Policy: Deadline, Runtime: time.Millisecond, Period: 10 * time.Millisecond}, {Policy: Batch}} {
		tasks = append(tasks, hog(t, k, attr, &stop))
	}
	require.NoError(t, k.Offline(1))
	require.Equal(t, []int{0, 2}, k.OnlineCPUs())
	stats := k.Stats()
	require.Equal(t, []bool{true, false, true}, []bool{stats.CPUs[0].Online, stats.CPUs[1].Online, stats.CPUs[2].Online})
	for range 50 {
		for _, task := range tasks {
			require.NotEqual(t, 1, task.CPU(), "%v", task)
		}
		time.Sleep(100 * time.Microsecond)
	}
	after := k.Stats().CPUs[1]
	require.Equal(t, stats.CPUs[1].Switches, after.Switches)
	require.Zero(t, after.Runnable)
	soon(t, "the CPU parks", func() bool { return k.cpus[1].sleeps() == idleParked })
	require.NoError(t, k.Offline(1), "again")
	require.NoError(t, k.Online(1))
	require.NoError(t, k.Online(1), "again")
	soon(t, "a task that may run on CPU 1 only is back there", func() bool { return tasks[4].CPU() == 1 })
	stop.Store(true)
	wait(t, tasks...)
}

// sleeps returns c's idle state.
//
//go:norace
func (c *vcpu) sleeps() uint32 { return c.idle }

// A task whose CPUs are all offline runs elsewhere, that is logged once, and it
// comes back; no task may be given only such CPUs.
func TestBrokenAffinity(t *testing.T) {
	var out lockedBuffer
	k := boot(t, Config{CPUs: 2, Logger: slog.New(slog.NewTextHandler(&out, nil))})
	var stop atomic.Bool
	defer stop.Store(true)
	soon(t, "the self-test's tasks have ended", func() bool { return k.Stats().Tasks == 0 })
	c, noted := make(chan int), make(chan int)
	var once sync.Once
	finish := func() { once.Do(func() { close(c) }) }
	defer finish()
	pinned := hog(t, k, Attr{Name: "pinned", CPUs: []int{1}}, &stop)
	var at []int
	blocked := spawn(t, k, Attr{CPUs: []int{1}}, func() {
		for range c {
			at = append(at, Current().CPU())
			noted <- 1
		}
	})
	require.NoError(t, k.Offline(1))
	require.Equal(t, 1, bytes.Count(out.Bytes(), []byte("CPUs that are offline")), "%s", out.Bytes())
	require.Contains(t, string(out.Bytes()), "tasks=2")
	soon(t, "it runs on CPU 0", func() bool { return pinned.CPU() == 0 })
	require.Equal(t, []int{1}, pinned.Attr().CPUs)
	_, err := k.Spawn(Attr{CPUs: []int{1}}, func() {})
	require.ErrorIs(t, err, ErrAttr)
	require.ErrorIs(t, pinned.SetAttr(Attr{CPUs: []int{1}}), ErrAttr)
	for range 2 {
		c <- 1
		<-noted
	}
	require.NoError(t, k.Online(1))
	soon(t, "it is back", func() bool { return pinned.CPU() == 1 })
	c <- 1
	<-noted
	finish()
	stop.Store(true)
	wait(t, pinned, blocked)
	require.Equal(t, []int{0, 0, 1}, at)
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) Bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Clone(b.buf.Bytes())
}

func TestOfflineErrors(t *testing.T) {
	k, err := Boot(Config{CPUs: 2})
	require.NoError(t, err)
	defer func() { // whatever fails
		if booted == k {
			shutdown(t, k)
		}
	}()
	for _, id := range []int{-1, 2} {
		require.ErrorIs(t, k.Offline(id), ErrConfig)
		require.ErrorIs(t, k.Online(id), ErrConfig)
	}
	require.NoError(t, k.Offline(0))
	require.ErrorIs(t, k.Offline(1), ErrLastCPU)
	require.NoError(t, k.Online(0))
	// Two CPUs' worth, less 5 %, is promised: one is too few.
	var stop atomic.Bool
	defer stop.Store(true)
	half := Attr{Policy: Deadline, Runtime: 6 * time.Millisecond, Period: 10 * time.Millisecond}
	a, b := hog(t, k, half, &stop), hog(t, k, half, &stop)
	require.ErrorIs(t, k.Offline(1), ErrBandwidth)
	require.Equal(t, []int{0, 1}, k.OnlineCPUs())
	stop.Store(true)
	wait(t, a, b)
	soon(t, "the bandwidth is given back", func() bool { return k.Offline(1) == nil })
	stop.Store(false)
	soon(t, "all of it", func() bool {
		a, err = k.Spawn(half, func() {
			for !stop.Load() {
				call(1)
			}
		})
		return err == nil
	})
	_, err = k.Spawn(half, func() {})
	require.ErrorIs(t, err, ErrBandwidth)
	in(t, k, Attr{}, func() {
		goport.Current().AddNoMigrate(1)
		assert.ErrorIs(t, k.Online(1), ErrTask)
		goport.Current().AddNoMigrate(^uint32(0))
		var bugs atomic.Int32
		old := preempt.SetBugHandler(func(*preempt.Bug) { bugs.Inc() })
		preempt.Disable()
		err := k.Online(1)
		preempt.Enable()
		preempt.SetBugHandler(old)
		assert.ErrorIs(t, err, ErrTask)
		assert.Equal(t, int32(1), bugs.Load())
	})
	stop.Store(true)
	wait(t, a)
	shutdown(t, k) // with a CPU offline
	require.ErrorIs(t, k.Offline(0), ErrShutdown)
	require.ErrorIs(t, k.Online(1), ErrShutdown)
}

// Offline from a task on the very CPU: it goes on elsewhere.
func TestOfflineSelf(t *testing.T) {
	k := boot(t, Config{CPUs: 2, Logger: quiet})
	for _, attr := range []Attr{{}, {Policy: FIFO, Priority: 7}, {CPUs: []int{1}}} {
		in(t, k, attr, func() {
			me := Current()
			for range 20 {
				id := me.CPU()
				if !assert.NoError(t, k.Offline(id)) || !assert.Equal(t, 1-id, me.CPU()) {
					return
				}
				assert.NoError(t, k.Online(id))
			}
		})
	}
}

// Offline waits for tasks in sections of MigrateDisable, whether they run, wait or are
// blocked; what they do there goes on on that CPU.
func TestOfflineWaitsForPinned(t *testing.T) {
	for _, state := range []string{"runs", "yields", "blocked"} {
		t.Run(state, func(t *testing.T) {
			k := boot(t, Config{CPUs: 2, Logger: quiet, Slice: 100 * time.Microsecond})
			var stop, ended atomic.Bool
			c, inside := make(chan int), make(chan int)
			task := spawn(t, k, Attr{CPUs: []int{1}}, func() {
				goport.Current().AddNoMigrate(1) // percpu.MigrateDisable
				inside <- 1
				switch state {
				case "blocked":
					<-c
				default:
					for !stop.Load() {
						if state == "yields" {
							runtime.Gosched()
						}
						call(1)
					}
				}
				assert.Equal(t, 1, Current().CPU())
				ended.Store(true)
				if goport.Current().AddNoMigrate(^uint32(0)) == 0 && goport.Current().TakeStayed() {
					preempt.SetNeedResched()
					preempt.CheckResched()
				}
				<-c
				assert.Equal(t, 0, Current().CPU())
			})
			<-inside
			off := make(chan error)
			go func() { off <- k.Offline(1) }()
			soon(t, "it leaves", func() bool { return len(k.OnlineCPUs()) == 1 })
			select {
			case <-off:
				t.Fatal("Offline did not wait")
			case <-time.After(20 * time.Millisecond):
			}
			require.False(t, ended.Load())
			stop.Store(true)
			if state == "blocked" {
				c <- 1
			}
			require.NoError(t, <-off)
			require.True(t, ended.Load())
			close(c)
			wait(t, task)
		})
	}
}

// Sleeps that were begun on a CPU end though it goes offline, those of Go's too; and
// a grace period of RCU does not wait for it.
func TestOfflineTimers(t *testing.T) {
	k := boot(t, Config{CPUs: 2, Logger: quiet})
	for range 10 {
		var tasks []*Task
		for i := range 20 {
			tasks = append(tasks, spawn(t, k, Attr{CPUs: []int{1}}, func() {
				if d := time.Duration(i) * 400 * time.Microsecond; i%2 == 0 {
					Sleep(d)
				} else {
					time.Sleep(d)
				}
			}))
		}
		time.Sleep(time.Millisecond)
		require.NoError(t, k.Offline(1))
		wait(t, tasks...)
		r := &readers.Request{}
		for r.Snap(); !r.Done; r.Step() {
			r.Hurry(false)
			time.Sleep(10 * time.Microsecond)
		}
		onG0(pokeOnG0, k.cpus[1])
		require.NoError(t, k.Online(1))
	}
}
