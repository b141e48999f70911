//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"
)

// Bursts of goroutines that inherit, far more than there are spare tasks: each
// becomes a task, with its parent's Attr, and so do theirs. (The tasks that the
// helper made for those without a spare once lived on its stack.)
func TestInheritBurst(t *testing.T) {
	k := boot(t, Config{})
	rounds := 20
	if testing.Short() {
		rounds = 4
	}
	for range rounds {
		var strangers atomic.Int32
		in(t, k, Attr{Name: "root", Policy: RR, Priority: 7, Inherit: true}, func() {
			var wg sync.WaitGroup
			for range 1000 {
				wg.Add(2)
				go func() {
					defer wg.Done()
					if me := Current(); me == nil || me.Name() != "root" || me.Attr().Priority != 7 {
						strangers.Inc()
					}
					go func() {
						defer wg.Done()
						runtime.Gosched()
						if Current() == nil {
							strangers.Inc()
						}
					}()
				}()
			}
			wg.Wait()
		})
		require.Zero(t, strangers.Load())
	}
}
