package kerneltest

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/gpm"
)

// RaceProgram builds the program in dir with the race detector and returns its
// path. It skips the test where that is not possible, or there can be no kernel.
func RaceProgram(t *testing.T, dir string) string {
	t.Helper()
	if _, err := exec.LookPath("gcc"); err != nil || os.Getenv("CGO_ENABLED") == "0" {
		t.Skip("the race detector needs cgo")
	}
	supported := false
	t.Run("supported", func(t *testing.T) { Boot(t, gpm.Config{CPUs: 1}); supported = true })
	if !supported {
		t.SkipNow()
	}
	bin := t.TempDir() + "/program"
	out, err := exec.Command("go", "build", "-race", "-o", bin, dir).CombinedOutput()
	require.NoError(t, err, "%s", out)
	t.Setenv("GORACE", "atexit_sleep_ms=0") // not a second
	return bin
}
