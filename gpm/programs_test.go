//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// run builds testdata/name with flags, runs it, and returns what it printed.
func run(t *testing.T, name string, flags ...string) (string, error) {
	t.Helper()
	bin := t.TempDir() + "/" + name
	out, err := exec.Command("go", append(append([]string{"build"}, flags...), "-o", bin, "./testdata/"+name)...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	cmd := exec.Command(bin)
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0") // not a second
	out, err = cmd.CombinedOutput()
	return string(out), err
}

// cgo is needed for -race.
func needRace(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil || os.Getenv("CGO_ENABLED") == "0" {
		t.Skip("the race detector needs cgo")
	}
}

func TestRaceReported(t *testing.T) {
	needRace(t)
	out, err := run(t, "race_reported", "-race")
	require.Error(t, err)
	require.Contains(t, out, "WARNING: DATA RACE")
	require.Contains(t, out, "race_reported/main.go")
}

func TestRaceSilent(t *testing.T) {
	needRace(t)
	out, err := run(t, "race_silent", "-race")
	require.NoError(t, err, "%s", out)
	require.NotContains(t, out, "DATA RACE")
}

func TestDeadlockIsReported(t *testing.T) {
	out, err := run(t, "deadlock")
	require.Error(t, err)
	require.Contains(t, out, "all goroutines are asleep - deadlock!")
}

func TestIdleUsesNoCPU(t *testing.T) {
	if testing.Short() {
		t.Skip("looks on for 2 s")
	}
	out, err := run(t, "idle")
	require.NoError(t, err, "%s", out)
	lines := strings.Split(strings.TrimSpace(out), "\n") // Boot may have logged before
	micros, err := strconv.Atoi(lines[len(lines)-1])
	require.NoError(t, err, "%s", out)
	t.Logf("%d µs in 2 s", micros)
	require.Less(t, micros, 10_000, "0.5 %% of a CPU")
}
