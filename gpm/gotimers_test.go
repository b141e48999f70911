//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"
)

// Go's own timers on a CPU's P expire by the CPU's interrupt: not when a slice
// ends, of which a lone task that computes has none, and not when some thread of
// Go's looks.
func TestGoTimers(t *testing.T) {
	const rounds = 60
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	r, _ := pipe(t)
	for name, once := range map[string]func() error{
		"Sleep": func() error { time.Sleep(1500 * time.Microsecond); return nil },
		"After": func() error { <-time.After(1500 * time.Microsecond); return nil },
		"deadline of a pipe in memory": func() error {
			a.SetReadDeadline(time.Now().Add(1500 * time.Microsecond))
			_, err := a.Read(make([]byte, 1))
			return err
		},
		"deadline in the poller": func() error {
			r.SetReadDeadline(time.Now().Add(1500 * time.Microsecond))
			_, err := r.Read(make([]byte, 1))
			return err
		},
	} {
		for load, hogs := range map[string]int{"idle": 0, "busy": 1} {
			t.Run(name+", "+load, func(t *testing.T) {
				k := boot(t, Config{})
				var stop atomic.Bool
				defer stop.Store(true)
				var tasks []*Task
				for i := range hogs * k.cpusLen {
					tasks = append(tasks, spawn(t, k, Attr{CPUs: []int{i}}, func() {
						for !stop.Load() {
							call(1)
						}
					}))
				}
				before := k.Stats().Total.Timers
				var early int
				wait(t, spawn(t, k, Attr{Policy: FIFO, Priority: 1}, func() {
					for range rounds {
						start := time.Now()
						if err := once(); err != nil && !os.IsTimeout(err) {
							early = rounds
						}
						if time.Since(start) < 1500*time.Microsecond {
							early++
						}
					}
				}))
				require.Zero(t, early)
				timers := k.Stats().Total.Timers - before
				t.Logf("%d interrupts for %d timers", timers, rounds)
				// Some thread of Go's may be first now and then.
				require.Greater(t, timers, uint64(rounds/2))
				require.Less(t, timers, uint64(4*rounds))
				stop.Store(true)
				wait(t, tasks...)
			})
		}
	}
}
