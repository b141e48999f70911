//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const childEnv = "GOKERN_TEST_CHILD"

// inChild reports whether this process is one that inChild has started for the test,
// with env added: for what a process cannot undo, or must be started with. In the
// test's own process it returns false when the child has passed the same test.
func inChild(t *testing.T, env ...string) bool {
	t.Helper()
	if os.Getenv(childEnv) == t.Name() {
		return true
	}
	cmd := childCommand(t, env...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "--- PASS: "+t.Name(), "%s", out)
	return false
}

// childCommand is the command that runs this test, alone, in another process.
func childCommand(t *testing.T, env ...string) *exec.Cmd {
	args := []string{"-test.run=^" + strings.ReplaceAll(t.Name(), "/", "$/^") + "$", "-test.v", "-test.timeout=100s"}
	if testing.Short() {
		args = append(args, "-test.short")
	}
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(append(os.Environ(), childEnv+"="+t.Name()), env...)
	return cmd
}
