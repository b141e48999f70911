//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/loads"
	"github.com/gokern/gokern/preempt"
)

// Loads of every kind, with the collector running all the time, under each model for
// a while and then with another model every other moment.
func TestHammerPreemption(t *testing.T) {
	r := hammerRand(t)
	all := loads.All()
	defer loads.Close()
	k := boot(t, Config{Slice: 100 * time.Microsecond})
	defer debug.SetGCPercent(debug.SetGCPercent(25))
	var stop atomic.Bool
	var failed atomic.Error
	var tasks []*Task
	for i := range 16 {
		own := rand.New(rand.NewPCG(r.Uint64(), 2))
		attr := Attr{Policy: []Policy{Normal, Normal, Idle, RR}[i%4]}
		if attr.Policy == RR {
			attr.Priority = 1 + r.IntN(99)
		}
		tasks = append(tasks, spawn(t, k, attr, func() {
			for !stop.Load() {
				l := all[own.IntN(len(all))]
				if l.Heavy && own.IntN(10) != 0 {
					continue
				}
				if err := l.Run(own); err != nil {
					failed.Store(err)
					stop.Store(true)
				}
				switch own.IntN(4) {
				case 0:
					preempt.CondResched()
				case 1:
					preempt.MightResched()
				case 2:
					Sleep(time.Duration(own.IntN(500)) * time.Microsecond)
				case 3:
					if preempt.TryDisable() { // a load may have left it with a thread of its own
						call(100)
						preempt.Enable()
					}
				}
			}
		}))
	}
	phase := hammerTime(0.4) / 5
	for i := range 5 {
		for end := time.Now().Add(phase); time.Now().Before(end) && !stop.Load(); {
			m := preempt.Model(i)
			if i == len(models) {
				m = models[r.IntN(len(models))]
			}
			require.NoError(t, k.SetPreemption(m))
			runtime.GC()
			time.Sleep(time.Duration(r.IntN(2000)) * time.Microsecond)
		}
		s := k.Stats()
		t.Logf("%v: %d switches, %d preempted, %d declined", s.Preemption, s.Total.Switches, s.Total.Async+s.Total.Sync, s.Total.Declined)
	}
	stop.Store(true)
	late := time.AfterFunc(10*time.Second, func() { t.Log(scene(k, "10 s after the end some loads have not ended")) })
	wait(t, tasks...)
	late.Stop()
	require.NoError(t, failed.Load())
	require.Zero(t, k.Stats().Total.AtomicParks)
	require.Positive(t, k.Stats().Total.Declined, "no section ended with a wish that the model declined")
}
