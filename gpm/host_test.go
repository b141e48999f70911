//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// host describes how Linux schedules the calling thread.
func host(t *testing.T) string {
	attr, err := unix.SchedGetAttr(0, 0)
	require.NoError(t, err)
	var set unix.CPUSet
	require.NoError(t, unix.SchedGetaffinity(0, &set))
	return fmt.Sprintf("host: policy %d nice %d slice %d CPUs %d", attr.Policy, attr.Nice, attr.Runtime, set.Count())
}

// A CPU's thread is pinned and has slices an eighth longer than others'; a process that
// a task starts has neither, nor has the thread that a locked task takes along.
func TestHost(t *testing.T) {
	if os.Getenv(childEnv) == t.Name() {
		fmt.Println(host(t))
		return
	}
	plain, err := unix.SchedGetAttr(0, 0)
	require.NoError(t, err)
	before := host(t)
	k := boot(t, Config{CPUs: 1})
	in(t, k, Attr{}, func() {
		attr, err := unix.SchedGetAttr(0, 0)
		assert.NoError(t, err)
		if plain.Policy == unix.SCHED_NORMAL { // before Linux 6.12 both are 0
			assert.Equal(t, min(plain.Runtime+plain.Runtime/8, 100_000_000), attr.Runtime)
		}
		assert.Equal(t, plain.Nice, attr.Nice)
		bound := host(t)
		assert.Contains(t, bound, "CPUs 1")
		out, err := childCommand(t).CombinedOutput()
		assert.NoError(t, err, "%s", out)
		assert.Contains(t, string(out), before+"\n")
		assert.Equal(t, bound, host(t))
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		time.Sleep(time.Millisecond) // departs
		assert.Equal(t, before, host(t))
	})
}
