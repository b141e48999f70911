//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/gokern/gokern/internal/cpu"
)

// Where ordinary goroutines compute on all Ps but the CPUs' no thread of Go's waits in the
// poller. One idle CPU looks then, much more often than by its naps, and does not park, as
// long as a task may wait for the network. When a thread of Go's waits there again all park.
func TestIdleWatchesPoller(t *testing.T) {
	for _, cpus := range []int{1, 2} {
		k, err := Boot(Config{CPUs: cpus, Watchdog: -1})
		require.NoError(t, err)
		r, w, err := os.Pipe()
		require.NoError(t, err)
		reader := spawn(t, k, Attr{}, func() {
			Sleep(100 * time.Millisecond) // until Go's threads are asleep, not in the poller
			var b [1]byte
			_, err := r.Read(b[:])
			require.NoError(t, err)
		})
		parked := func() bool {
			for _, c := range k.cpus {
				if cpu.Load32(&c.idle) != idleParked {
					return false
				}
			}
			return true
		}
		// The tester does nothing for which one of Go's threads would wake and then wait there.
		for begin := time.Now(); reader.Cycles() == 0 || !parked(); {
			require.Less(t, time.Since(begin), time.Minute, "the CPUs do not park")
			nap := unix.NsecToTimespec(int64(300 * time.Millisecond))
			_ = unix.Nanosleep(&nap, nil)
		}

		stop := ordinaryHogs(2 * (cpus + k.config.Procs))
		// By naps of 10 ms it is 100 a second for each CPU, and none when they have parked.
		most := 0.
		for begin := time.Now(); most < 400 && time.Since(begin) < time.Minute; {
			in(t, k, Attr{}, func() {}) // CPUs that have parked before do not watch
			before, start := k.Stats().Total.Polls, time.Now()
			time.Sleep(200 * time.Millisecond)
			most = max(most, float64(k.Stats().Total.Polls-before)/time.Since(start).Seconds())
		}
		t.Logf("%d CPUs: %.0f looks a second", cpus, most)
		require.GreaterOrEqual(t, most, 400.)

		stop()
		soon(t, "the CPUs park again", parked)
		_, err = w.Write([]byte{1})
		require.NoError(t, err)
		wait(t, reader)
		require.NoError(t, r.Close())
		require.NoError(t, w.Close())
		shutdown(t, k)
	}
}
