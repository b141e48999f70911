//go:build linux && amd64 && go1.25 && !go1.28

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
)

// needKernel skips on machines where no kernel can be booted, whatever the code.
func needKernel(t *testing.T) {
	t.Helper()
	if !cpu.HasFSGSBase() {
		t.Skip("no FSGSBASE: no kernel on this machine")
	}
}

// expected is what the doctor must find, under the GODEBUG that tests run with.
func expected() (verdict string, status int) {
	if goport.AsyncPreemptOff() != "" {
		return limited, 1
	}
	return full, 0
}

func TestText(t *testing.T) {
	needKernel(t)
	verdict, status := expected()
	text, _, got := invoke("doctor")
	if got != status {
		t.Errorf("exit status %d, want %d", got, status)
	}
	want := []string{
		"System", "Go and this build", "Go's runtime: symbols", "Go's runtime: offsets", "Go's runtime: variables",
		"Go's runtime: constants", "Go's runtime: caller sets", "Go's runtime: call sites", "Kernel", "Self-test", "Seen meanwhile", "preemption: " + verdict,
	}
	have := sections(text)
	for i, h := range have {
		if i >= len(want) || !strings.HasPrefix(h, want[i]) {
			t.Fatalf("sections are %q, want %q", have, want)
		}
	}
	if len(have) != len(want) {
		t.Fatalf("sections are %q, want %q", have, want)
	}
	for _, l := range strings.Split(text, "\n") {
		if utf8.RuneCountInString(l) > 100 && !strings.HasPrefix(l, "preemption: ") {
			t.Errorf("over 100 columns: %s", l)
		}
		if strings.TrimRight(l, " ") != l {
			t.Errorf("ends with spaces: %q", l)
		}
	}
}

func TestJSON(t *testing.T) {
	needKernel(t)
	verdict, status := expected()
	text, _, got := invoke("doctor", "-json")
	r := decode(t, text)
	if got != status || r.Verdict != verdict || r.Kernel == "" {
		t.Errorf("exit status %d, verdict %q (%s), kernel %q", got, r.Verdict, r.Error, r.Kernel)
	}
	kinds := map[string]int{}
	for _, i := range r.Items {
		if i.Name == "" || i.Value == "" || i.Source == "" {
			t.Errorf("incomplete item %+v", i)
		}
		kinds[i.Kind]++
	}
	for _, kind := range []string{"symbol", "offset", "variable", "call site"} {
		if kinds[kind] == 0 {
			t.Errorf("no item of kind %q", kind)
		}
	}
	if len(r.Checks) < 6 {
		t.Errorf("%d checks, want at least 6: %v", len(r.Checks), r.Checks)
	}
	for _, c := range r.Checks {
		skipped := verdict == limited && strings.Contains(c.Name, "without calls")
		if c.Name == "" || c.Took <= 0 || c.Error != "" || c.Skipped != skipped {
			t.Errorf("check %+v", c)
		}
		if skipped && !strings.Contains(c.Note, goport.AsyncPreemptOff()) {
			t.Errorf("skipped because of %q", c.Note)
		}
	}
	for _, c := range r.Capabilities {
		if c.Status == missing || c.Status == limits && verdict == full {
			t.Errorf("verdict %q with capability %+v", verdict, c)
		}
	}
	seen := map[string]uint64{}
	for _, c := range r.Seen {
		seen[c.Name] = c.Count
	}
	if seen["tasks switched in"] == 0 || seen["blocked"] == 0 || seen["resumed on another CPU"] == 0 {
		t.Errorf("seen %v", r.Seen)
	}
	if async := seen["preempted between any two instructions"]; (async > 0) != (verdict == full) {
		t.Errorf("verdict %q with %d tasks preempted between any two instructions", verdict, async)
	}
}

// build makes the program as a user would, and returns its file.
func build(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "gokern")
	if out, err := exec.Command("go", "build", "-o", file, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return file
}

func TestExitStatus(t *testing.T) {
	needKernel(t)
	program := build(t)
	for _, c := range []struct {
		godebug string
		args    []string
		status  int
		last    string // how the last line starts
	}{
		{"", []string{"doctor"}, 0, "preemption: full"},
		{"asyncpreemptoff=1", []string{"doctor"}, 1, "preemption: limited: GODEBUG=asyncpreemptoff=1 "},
		{"asyncpreemptoff=1", []string{"doctor", "-json"}, 1, "}"},
		{"", []string{"surgeon"}, 2, ""},
	} {
		cmd := exec.Command(program, c.args...)
		cmd.Env = append(os.Environ(), "GODEBUG="+c.godebug)
		out, err := cmd.Output()
		status := 0
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			status = exit.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		last := lines[len(lines)-1]
		if status != c.status || !strings.HasPrefix(last, c.last) {
			t.Errorf("GODEBUG=%s gokern %s: exit status %d, want %d; last line %q, want %q", c.godebug, strings.Join(c.args, " "), status, c.status, last, c.last)
		}
	}
}
