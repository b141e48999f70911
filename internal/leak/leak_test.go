package leak

import (
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"testing"
	"time"
)

// expect checks that exactly the findings that begin with the wanted texts, in
// order, have come up since before.
func expect(t *testing.T, before Snapshot, want ...string) {
	t.Helper()
	patience := 100 * time.Millisecond
	if want == nil {
		patience = Patience
	}
	found := before.diffWithin(patience)
	if len(found) != len(want) {
		t.Fatalf("found %d: %.2000q, want %q", len(found), found, want)
	}
	for i := range want {
		if !strings.HasPrefix(found[i], want[i]) {
			t.Errorf("found %q, want %q", found[i], want[i])
		}
	}
}

func parked(stop chan struct{}) { <-stop }

func TestGoroutine(t *testing.T) {
	before, stop := Take(), make(chan struct{})
	go parked(stop)
	expect(t, before, "goroutine: goroutine ")
	if found := before.diff(Take()); !strings.Contains(found[0], "leak.parked(") {
		t.Errorf("the finding does not show the stack: %s", found[0])
	}
	close(stop)
	expect(t, before)
}

func TestPatience(t *testing.T) {
	before, stop := Take(), make(chan struct{})
	go parked(stop)
	if found := before.diff(Take()); len(found) != 1 {
		t.Errorf("at once: found %q, want a goroutine", found)
	}
	time.AfterFunc(300*time.Millisecond, func() { close(stop) }) // a look may take any time
	if found := before.Diff(); found != nil {
		t.Errorf("after patience: found %q", found)
	}
}

func TestManyGoroutines(t *testing.T) {
	before, stop := Take(), make(chan struct{})
	const n = 3000 // more than the first buffer holds
	for range n {
		go parked(stop)
	}
	if found := before.diff(Take()); len(found) != n {
		t.Errorf("found %d goroutines, want %d", len(found), n)
	}
	close(stop)
	expect(t, before)
}

func TestSignalLoopIsKept(t *testing.T) {
	before := Take()
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	signal.Stop(c)
	expect(t, before)
}

const leakEnv = "GOKERN_LEAK_TEST"

// TestLeakOnPurpose is run by TestMainReports, in another process.
func TestLeakOnPurpose(t *testing.T) {
	if os.Getenv(leakEnv) == "" {
		t.Skip("only run by TestMainReports")
	}
	go parked(nil)
}

func TestMainReports(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestLeakOnPurpose$")
	cmd.Env = append(os.Environ(), leakEnv+"=1")
	out, err := cmd.CombinedOutput()
	if err == nil || cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("the exit code is %v, want 1", cmd.ProcessState)
	}
	if s := string(out); !strings.Contains(s, "the tests leaked") || !strings.Contains(s, "leak.parked(") {
		t.Errorf("the output is %s", s)
	}
}
