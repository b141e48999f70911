package lock_test

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gokern/gokern/internal/kerneltest"
)

// What a lock orders, and no more, is known to the race detector.
func TestRaces(t *testing.T) {
	bin := kerneltest.RaceProgram(t, "./testdata/races")

	out, err := exec.Command(bin).CombinedOutput()
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
