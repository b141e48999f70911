package lock_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/torture"
)

// build builds testdata/name with the race detector.
func build(t *testing.T, name string) (bin string) {
	t.Helper()
	if _, err := exec.LookPath("gcc"); err != nil || os.Getenv("CGO_ENABLED") == "0" {
		t.Skip("the race detector needs cgo")
	}
	supported := false
	t.Run("supported", func(t *testing.T) { torture.Kernel(t, gpm.Config{CPUs: 1}); supported = true })
	if !supported {
		t.SkipNow()
	}
	bin = t.TempDir() + "/" + name
	out, err := exec.Command("go", "build", "-race", "-o", bin, "./testdata/"+name).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return bin
}

func TestSpinRaceReported(t *testing.T) {
	bin := build(t, "race_reported")
	for _, kind := range []string{"SpinLock", "TicketLock", "MCSLock", "RWLock", "RLock", "LocalLock"} {
		out, err := exec.Command(bin, kind).CombinedOutput()
		require.Error(t, err, kind)
		require.Contains(t, string(out), "WARNING: DATA RACE", kind)
		require.Contains(t, string(out), "race_reported/main.go", kind)
	}
}

func TestSpinRaceSilent(t *testing.T) {
	out, err := exec.Command(build(t, "race_silent")).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.NotContains(t, string(out), "DATA RACE")
	require.Contains(t, string(out), "done")
}
