package percpu_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/gpm"
)

// raceProgram builds testdata/name with the race detector, runs it, and returns
// what it printed.
func raceProgram(t *testing.T, name string) (string, error) {
	t.Helper()
	kernel(t, gpm.Config{}) // or skip
	if _, err := exec.LookPath("gcc"); err != nil || os.Getenv("CGO_ENABLED") == "0" {
		t.Skip("the race detector needs cgo")
	}
	bin := t.TempDir() + "/" + name
	out, err := exec.Command("go", "build", "-race", "-o", bin, "./testdata/"+name).CombinedOutput()
	require.NoError(t, err, "%s", out)
	cmd := exec.Command(bin)
	cmd.Env = append(os.Environ(), "GORACE=halt_on_error=1") // each further report takes milliseconds
	out, err = cmd.CombinedOutput()
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
