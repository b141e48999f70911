package percpu_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/percpu"
	"github.com/gokern/gokern/preempt"
)

// With more tasks than CPUs, all yielding, blocking and being preempted, those
// in a section stay where they are, and those that are not do move.
func TestMigrateDisableStays(t *testing.T) {
	k := kernel(t, gpm.Config{CPUs: 4, Slice: 50 * time.Microsecond})
	var stop atomic.Bool
	var moved atomic.Int64
	var tasks []*gpm.Task
	for i := range 12 {
		tasks = append(tasks, spawn(t, k, gpm.Attr{}, func() {
			for round := 0; !stop.Load(); round++ {
				before := percpu.RawCPU()
				spin(round % 7)
				percpu.MigrateDisable()
				here := percpu.CPU()
				if here != before {
					moved.Inc()
				}
				percpu.MigrateDisable()
				for j := range 5 {
					switch (i + j + round) % 5 {
					case 0:
						time.Sleep(50 * time.Microsecond)
					case 1:
						runtime.Gosched()
					case 2:
						gpm.Outside(func() { runtime.Gosched() })
					default:
						spin(100)
					}
					if n := percpu.CPU(); n != here {
						t.Errorf("moved from CPU %d to %d", here, n)
						stop.Store(true)
					}
					if j == 2 {
						percpu.MigrateEnable()
					}
				}
				percpu.MigrateEnable()
				if i%4 == 0 {
					time.Sleep(20 * time.Microsecond)
				}
			}
		}))
	}
	for end := time.Now().Add(hammerTime()); time.Now().Before(end) && !stop.Load(); {
		time.Sleep(time.Millisecond)
	}
	stop.Store(true)
	wait(t, tasks...)
	assert.Positive(t, k.Stats().Total.Migrations)
	t.Logf("%d sections began on another CPU than the one before; %d migrations", moved.Load(), k.Stats().Total.Migrations)
}

// hammerTime is how long a hammer test runs.
func hammerTime() time.Duration {
	if testing.Short() {
		return 200 * time.Millisecond
	}
	return 2 * time.Second
}

var sink atomic.Int64

// spin computes for n times some 100 ns.
func spin(n int) {
	x := int64(n)
	for range n * 100 {
		x = x*31 + 7
	}
	sink.Store(x)
}

// SetAttr with other CPUs takes effect at the end of the section: when the task
// runs, when it waits for the CPU, and when it is blocked.
func TestMigrateDisableAndSetAttr(t *testing.T) {
	for _, state := range []string{"running", "runnable", "blocked", "itself", "atomic"} {
		t.Run(state, func(t *testing.T) {
			k := kernel(t, gpm.Config{CPUs: 2, Slice: 100 * time.Microsecond})
			inside, changed := make(chan int), make(chan int)
			var flag, stop atomic.Bool
			if state == "runnable" {
				// One of higher priority keeps it waiting.
				defer stop.Store(true)
			}
			task := spawn(t, k, gpm.Attr{CPUs: []int{0}}, func() {
				percpu.MigrateDisable()
				percpu.MigrateDisable()
				assert.Equal(t, 0, percpu.CPU())
				switch state {
				case "running", "runnable":
					inside <- 1
					for !flag.Load() {
					}
				case "blocked":
					inside <- 1
					<-changed
				case "itself", "atomic":
					assert.NoError(t, gpm.Current().SetAttr(gpm.Attr{CPUs: []int{1}}))
				}
				assert.Equal(t, 0, percpu.CPU())
				percpu.MigrateEnable()
				assert.Equal(t, 0, percpu.CPU(), "the inner section's end changes nothing")
				if state == "atomic" {
					preempt.Disable()
					percpu.MigrateEnable()
					here := percpu.CPU() // t's lock may block
					preempt.Enable()
					assert.Equal(t, 0, here, "the atomic section comes first")
				} else {
					percpu.MigrateEnable()
				}
				assert.Equal(t, 1, percpu.CPU())
			})
			other := gpm.Attr{CPUs: []int{1}}
			switch state {
			case "running", "runnable":
				<-inside
				if state == "runnable" {
					in := make(chan int)
					spawn(t, k, gpm.Attr{CPUs: []int{0}, Policy: gpm.FIFO, Priority: 5}, func() {
						close(in)
						for !stop.Load() {
						}
					})
					<-in
					require.Equal(t, gpm.Runnable, task.State())
				}
				require.NoError(t, task.SetAttr(other))
				stop.Store(true)
				time.Sleep(5 * time.Millisecond)
				flag.Store(true)
			case "blocked":
				<-inside
				for task.State() != gpm.Blocked {
					runtime.Gosched()
				}
				require.NoError(t, task.SetAttr(other))
				close(changed)
			}
			wait(t, task)
		})
	}
}

func TestMigrateMisuse(t *testing.T) {
	oneBug(t, "MigrateDisable outside a task", percpu.MigrateDisable)
	oneBug(t, "MigrateEnable outside a task", percpu.MigrateEnable)
	k := kernel(t, gpm.Config{CPUs: 2})
	in(t, k, gpm.Attr{}, func() {
		oneBug(t, "MigrateEnable without MigrateDisable", percpu.MigrateEnable)
		for range 1<<16 - 1 {
			percpu.MigrateDisable()
		}
		oneBug(t, "nested too deep", percpu.MigrateDisable)
		for range 1<<16 - 1 {
			percpu.MigrateEnable()
		}
		oneBug(t, "MigrateEnable without MigrateDisable", percpu.MigrateEnable)
	})
}

// A task must not end in a section.
func TestMigrateDisabledAtExit(t *testing.T) {
	k := kernel(t, gpm.Config{CPUs: 2})
	for name, run := range map[string]func(){
		"returns": func() { in(t, k, gpm.Attr{Name: "it"}, percpu.MigrateDisable) },
		"Goexit":  func() { in(t, k, gpm.Attr{Name: "it"}, func() { percpu.MigrateDisable(); runtime.Goexit() }) },
		"Do":      func() { require.NoError(t, k.Do(gpm.Attr{Name: "it"}, percpu.MigrateDisable)) },
	} {
		t.Run(name, func(t *testing.T) {
			bugs := caught(run)
			if assert.Len(t, bugs, 1) {
				assert.Contains(t, bugs[0].What, `"it" ended with migration disabled`)
			}
		})
	}
	t.Run("inherits", func(t *testing.T) {
		reported := make(chan *preempt.Bug, 1)
		old := preempt.SetBugHandler(func(b *preempt.Bug) { reported <- b })
		defer preempt.SetBugHandler(old)
		in(t, k, gpm.Attr{Name: "it", Inherit: true}, func() { go percpu.MigrateDisable() })
		select {
		case b := <-reported:
			assert.Contains(t, b.What, `"it" ended with migration disabled`)
		case <-time.After(10 * time.Second):
			t.Error("no BUG")
		}
	})
	in(t, k, gpm.Attr{}, func() { percpu.MigrateDisable(); percpu.MigrateEnable() })
}
