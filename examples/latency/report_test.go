package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// sample is a report of n requests in each half; the kernel's are 100 times
// faster.
func sample(n int) *report {
	half := func(name string, unit time.Duration, work float64) *result {
		l := newLatencies(schedule{total: n})
		for k := range n {
			l.record(k, time.Duration(k+1)*unit, nil)
		}
		r := newResult(name, l, work, "MB/s compressed", 1.9)
		return &r
	}
	r := newReport(options{mode: "http", rate: 500, cpus: 2, duration: time.Second})
	r.Plain = half("plain goroutines", 100*time.Microsecond, 80)
	r.Kernel = half("gokern tasks", time.Microsecond, 76)
	return r
}

func TestTable(t *testing.T) {
	r := sample(1000)
	var b strings.Builder
	if err := r.write(options{}, &b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"plain goroutines gokern tasks ratio", "requests 1000 1000", "failed 0 0",
		"MB/s compressed 80.0 76.0 0.95×", "CPUs used 1.90 1.90 1.00×",
		"latency p50 50.000 ms 0.500 ms 100× shorter", "p90 90.000 ms 0.900 ms 100× shorter",
		"p99 99.000 ms 0.990 ms 100× shorter", "p99.9 99.900 ms 0.999 ms 100× shorter",
		"max 100.000 ms 1.000 ms 100× shorter",
	} {
		if !hasLine(b.String(), want) {
			t.Errorf("no line %q in\n%s", want, b.String())
		}
	}
}

// TestTableDisturbed: ratios of halves that did not have the same machine are
// not left without a word.
func TestTableDisturbed(t *testing.T) {
	r := sample(10)
	for cpus, want := range map[float64]bool{1.9: false, 1.8: false, 0.95: true, 3.8: true} {
		r.Kernel.CPUs = cpus
		var b strings.Builder
		if err := r.write(options{}, &b); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(b.String(), "Other processes"); got != want {
			t.Errorf("%g and %g CPUs, warned %v:\n%s", r.Plain.CPUs, cpus, got, b.String())
		}
	}
	r.Kernel.CPUs = 0.95
	var b strings.Builder
	_ = r.write(options{}, &b)
	if want := "the work is 1.90×."; !strings.Contains(b.String(), want) {
		t.Errorf("no %q in\n%s", want, b.String())
	}
}

// hasLine reports whether a line of s is want, spaces aside.
func hasLine(s, want string) bool {
	for _, line := range strings.Split(s, "\n") {
		if strings.Join(strings.Fields(line), " ") == want {
			return true
		}
	}
	return false
}

// TestPlainAlone: without a kernel there is one column and no ratio.
func TestPlainAlone(t *testing.T) {
	r := sample(10)
	r.Kernel = nil
	var b strings.Builder
	if err := r.write(options{plot: filepath.Join(t.TempDir(), "x.svg")}, &b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"plain goroutines", "requests 10", "MB/s compressed 80.0"} {
		if !hasLine(b.String(), want) {
			t.Errorf("no line %q in\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "ratio") || strings.Contains(b.String(), "×") {
		t.Errorf("a ratio to nothing:\n%s", b.String())
	}
}

func TestJSON(t *testing.T) {
	r := sample(1000)
	var b strings.Builder
	if err := r.write(options{json: true}, &b); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Mode          string
		Plain, Kernel map[string]any
		Ratios        map[string]float64
	}
	if err := json.Unmarshal([]byte(b.String()), &got); err != nil {
		t.Fatal(err)
	}
	if got.Mode != "http" || got.Plain["p99_ns"] != 99e6 || got.Kernel["p99_9_ns"] != 999e3 || got.Kernel["requests"] != 1000.0 {
		t.Errorf("got %+v", got)
	}
	for name, want := range map[string]float64{"work": .95, "cpus_used": 1, "p50": 100, "p90": 100, "p99": 100, "p99_9": 100, "max": 100} {
		if got.Ratios[name] != want {
			t.Errorf("ratio %s is %v, want %v", name, got.Ratios[name], want)
		}
	}
}

func TestFailures(t *testing.T) {
	r := sample(10)
	if err := r.failures(); err != nil {
		t.Errorf("without any: %v", err)
	}
	r.Kernel.Failed, r.Kernel.first = 3, io.ErrUnexpectedEOF
	if err := r.failures(); !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "3 requests") {
		t.Errorf("got %v", err)
	}
}

// TestPlot: the picture is well-formed, has a line for each half, and stays
// inside its frame, whatever the numbers are.
func TestPlot(t *testing.T) {
	for _, n := range []int{0, 1, 2, 1000, 20_000} {
		r := sample(n)
		r.Mode = "<&>" // must be escaped if it appears
		path := filepath.Join(t.TempDir(), "out.svg")
		if err := r.write(options{plot: path}, io.Discard); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		lines, want := 0, 2
		if n == 0 {
			want = 0
		}
		for d := xml.NewDecoder(strings.NewReader(string(b))); ; {
			token, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%d requests: %v in\n%s", n, err, b)
			}
			if e, ok := token.(xml.StartElement); ok && e.Name.Local == "path" {
				for _, a := range e.Attr {
					if a.Name.Local == "fill" && a.Value == "none" {
						lines++
					}
				}
			}
		}
		if lines != want {
			t.Errorf("%d requests: %d lines, want %d", n, lines, want)
		}
		if s := string(b); strings.Contains(s, "NaN") || strings.Contains(s, "Inf") {
			t.Errorf("%d requests: no number in\n%s", n, s)
		}
	}
}

func TestRound(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 ns", 950: "950 ns", time.Microsecond: "1 µs", 84_300: "84 µs", 352_674_000: "353 ms", 4_138_000: "4.1 ms", 2 * time.Second: "2 s",
	} {
		if got := round(d); got != want {
			t.Errorf("%d: %q, want %q", d, got, want)
		}
	}
}
