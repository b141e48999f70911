package percpu_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/internal/kerneltest"
)

// raceProgram builds testdata/name with the race detector, runs it, and returns
// what it printed.
func raceProgram(t *testing.T, name string) (string, error) {
	t.Helper()
	cmd := exec.Command(kerneltest.RaceProgram(t, "./testdata/"+name))
	cmd.Env = append(os.Environ(), "GORACE=halt_on_error=1 atexit_sleep_ms=0") // each further report takes milliseconds
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestRaceReported(t *testing.T) {
	out, err := raceProgram(t, "race_reported")
	require.Error(t, err)
	require.Contains(t, out, "WARNING: DATA RACE")
	require.Contains(t, out, "race_reported/main.go")
}

func TestRaceSilent(t *testing.T) {
	out, err := raceProgram(t, "race_silent")
	require.NoError(t, err, "%s", out)
	require.NotContains(t, out, "DATA RACE")
	require.Contains(t, out, "done")
}
