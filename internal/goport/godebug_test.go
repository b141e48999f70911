package goport

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestAsyncPreemptOff(t *testing.T) {
	for godebug, want := range map[string]string{
		"":                                    "",
		"asyncpreemptoff=1":                   "asyncpreemptoff=1",
		"asyncpreemptoff=2":                   "asyncpreemptoff=2",
		"asyncpreemptoff=0":                   "",
		"asyncpreemptoff=yes":                 "",
		"asyncpreemptoff":                     "",
		"asyncpreemptoff=0,asyncpreemptoff=1": "asyncpreemptoff=1",
		"asyncpreemptoff=1,asyncpreemptoff=0": "",
		"asyncpreemptoff=1,asyncpreemptoff=x": "asyncpreemptoff=1",
		"gctrace=1,asyncpreemptoff=1,foo":     "asyncpreemptoff=1",
		"gccheckmark=1":                       "gccheckmark=1",
		"gccheckmark=1,gccheckmark=0":         "",
		"gccheckmark=1,asyncpreemptoff=1":     "asyncpreemptoff=1",
	} {
		if got := asyncPreemptOff(godebug); got != want {
			t.Errorf("GODEBUG=%s: %q turns preemption by signals off, want %q", godebug, got, want)
		}
	}
}

// What the program itself does to GODEBUG comes too late for the runtime.
func TestAsyncPreemptOffLater(t *testing.T) {
	const child = "GOKERN_TEST_GODEBUG"
	if os.Getenv(child) != "" {
		t.Setenv("GODEBUG", "asyncpreemptoff=0")
		if got := AsyncPreemptOff(); got != "asyncpreemptoff=1" {
			t.Errorf("%q is in force", got)
		}
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestAsyncPreemptOffLater$", "-test.v")
	cmd.Env = append(os.Environ(), child+"=1", "GODEBUG=asyncpreemptoff=1")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestAsyncPreemptOffLater") {
		t.Errorf("%v\n%s", err, out)
	}
}
