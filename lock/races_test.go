package lock_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/torture"
)

// What a lock orders, and no more, is known to the race detector.
func TestRaces(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil || os.Getenv("CGO_ENABLED") == "0" {
		t.Skip("the race detector needs cgo")
	}
	supported := false
	t.Run("supported", func(t *testing.T) { torture.Kernel(t, gpm.Config{CPUs: 1}); supported = true })
	if !supported {
		t.SkipNow()
	}
	bin := t.TempDir() + "/races"
	out, err := exec.Command("go", "build", "-race", "-o", bin, "./testdata/races").CombinedOutput()
	require.NoError(t, err, "%s", out)

	out, err = exec.Command(bin).CombinedOutput()
	assert.NoError(t, err, "%s", out)
	assert.NotContains(t, string(out), "DATA RACE")
	assert.Contains(t, string(out), "done")
	kinds := []string{
		"SpinLock", "TicketLock", "MCSLock", "RWLock", "RWLock readers", "LocalLock",
		"Mutex", "RTMutex", "WWMutex", "Semaphore", "RWSem", "RWSem readers", "PerCPURWSem", "PerCPURWSem readers",
	}
	if testing.Short() {
		kinds = []string{"SpinLock", "RWLock readers", "Mutex", "RWSem readers"}
	}
	for _, kind := range kinds {
		out, err = exec.Command(bin, kind).CombinedOutput()
		assert.Error(t, err, kind)
		assert.Contains(t, string(out), "WARNING: DATA RACE", kind)
		assert.Contains(t, string(out), "races/reported.go", kind)
	}
}
