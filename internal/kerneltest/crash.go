package kerneltest

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/gpm"
)

// crashing says that this process is the one that is to crash.
const crashing = "GOKERN_TEST_CRASH"

// Crash calls fn, in a process of its own that runs only the test t, after a Boot of
// one CPU, and returns what it has printed when it has crashed.
func Crash(t *testing.T, fn func(k *gpm.Kernel)) (output string) {
	t.Helper()
	k := Boot(t, gpm.Config{CPUs: 1}) // or skip
	if os.Getenv(crashing) != "" {
		fn(k)
		time.Sleep(20 * time.Second)
		os.Exit(0)
	}
	only := "^" + strings.ReplaceAll(t.Name(), "/", "$/^") + "$"
	cmd := exec.Command(os.Args[0], "-test.run="+only)
	cmd.Env = append(os.Environ(), crashing+"=1")
	out, err := cmd.CombinedOutput()
	require.Error(t, err, "it has not crashed: %s", out)
	return string(out)
}
