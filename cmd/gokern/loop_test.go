//go:build linux && amd64 && go1.25 && !go1.28

package main

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/gokern/gokern/gpm"
)

// Without preemption by signals the check must fail: in a process of its own,
// for the runtime reads GODEBUG when it starts.
func TestCheckLoopFails(t *testing.T) {
	needKernel(t)
	const child = "GOKERN_TEST_CHECK_LOOP"
	if os.Getenv(child) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestCheckLoopFails$", "-test.v")
		cmd.Env = append(os.Environ(), child+"=1", "GODEBUG=asyncpreemptoff=1")
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- PASS: TestCheckLoopFails") {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	k, err := gpm.Boot(gpm.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if c := checkLoop(k); c.Error != errLate.Error() {
		t.Errorf("check is %+v, want error %q", c, errLate)
	}
	if err := k.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
}
