//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"runtime"
	"runtime/debug"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"
)

// The Ps that Shutdown gives back take no cleanups of the program with them.
func TestShutdownKeepsCleanups(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	var made, gone atomic.Int64
	forAWhile(func() {
		var stop atomic.Bool
		var making sync.WaitGroup
		k, err := Boot(Config{CPUs: 2, Procs: 6})
		require.NoError(t, err)
		for range 6 {
			making.Go(func() {
				var last [100]*[2]*int
				for i := 0; !stop.Load(); i++ {
					made.Inc()
					x := new([2]*int)
					runtime.AddCleanup(x, func(int) { gone.Inc() }, 0)
					last[i%len(last)] = x
				}
			})
		}
		time.Sleep(time.Millisecond)
		shutdown(t, k)
		stop.Store(true)
		making.Wait()
		for start := time.Now(); gone.Load() != made.Load(); runtime.GC() {
			require.Less(t, time.Since(start), 30*time.Second, "%d have not run", made.Load()-gone.Load())
		}
	})
	t.Logf("%d cleanups", gone.Load())
}
