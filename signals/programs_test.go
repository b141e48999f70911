package signals_test

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gokern/gokern/internal/kerneltest"
)

// The race detector finds data races of callbacks, and nothing where there is none.
func TestRacePrograms(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	reported := kerneltest.RaceProgram(t, "./testdata/race_reported")
	for _, which := range []string{"callbacks", "task", "softirqs"} {
		t.Run(which, func(t *testing.T) {
			out, err := exec.Command(reported, which).CombinedOutput()
			assert.Error(t, err)
			assert.Contains(t, string(out), "WARNING: DATA RACE")
			assert.Contains(t, string(out), "done")
		})
	}
	out, err := exec.Command(kerneltest.RaceProgram(t, "./testdata/race_silent")).CombinedOutput()
	assert.NoError(t, err, "%s", out)
	assert.Equal(t, "done\n", string(out))
}
