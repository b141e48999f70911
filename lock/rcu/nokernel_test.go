package rcu_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/lock/rcu"
)

// Without a kernel nobody reads, so nobody waits.
func waitAll(t *testing.T) {
	for name, synchronize := range synchronizes {
		require.True(t, over(after(synchronize), long), name)
	}
	assert.True(t, rcu.Poll(rcu.StartPoll()))
	assert.True(t, rcu.Poll(0))
	s := rcu.NewSRCU("")
	index := s.ReadLock()
	done := after(s.Synchronize)
	assert.False(t, over(done, short))
	s.ReadUnlock(index)
	require.True(t, over(done, long))
}

func TestBeforeBoot(t *testing.T) {
	if os.Getenv("GOKERN_BEFORE_BOOT") == "" {
		// In a process of its own, where no test has booted before.
		cmd := exec.Command(os.Args[0], "-test.run=^TestBeforeBoot$")
		cmd.Env = append(os.Environ(), "GOKERN_BEFORE_BOOT=1")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return
	}
	waitAll(t)
	cookie := rcu.StartPoll()
	boot(t, gpm.Config{})
	assert.True(t, rcu.Poll(cookie))
}

func TestAfterShutdown(t *testing.T) {
	t.Run("boot", func(t *testing.T) { in(t, rcu.Synchronize) })
	waitAll(t)
}
