//go:build unix

package loads

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
)

// Loads that start processes: a fork copies a program in the middle of whatever
// it does.
var processes = []Load{
	{Name: "processes/true", Run: runTrue, Heavy: true},
	{Name: "processes/shell", Run: runShell, Heavy: true, Holds: true},
}

func runTrue(*rand.Rand) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "true").CombinedOutput(); err != nil {
		return damaged("process", "true: %v: %s", err, out)
	}
	return nil
}

// runShell passes a line in and out, and an exit code.
func runShell(r *rand.Rand) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	line, code := fmt.Sprintf("%x", r.Uint64()), 1+r.IntN(100)
	cmd := exec.CommandContext(ctx, "sh", "-c", `read x; echo "got $x"; exit $0`, fmt.Sprint(code))
	cmd.Stdin = strings.NewReader(line + "\n")
	cmd.WaitDelay = patience
	out, err := cmd.Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != code {
		return damaged("process", "sh: %v, want exit code %d", err, code)
	}
	if string(out) != "got "+line+"\n" {
		return damaged("process", "sh wrote %q, want %q", out, "got "+line)
	}
	return nil
}
