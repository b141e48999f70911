package main

import (
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gokern/gokern/gpm"
)

// TestRun runs both modes as a user does, briefly: every request of both halves
// is answered, and the work beside them goes on.
func TestRun(t *testing.T) {
	for _, mode := range []string{"http", "queue"} {
		t.Run(mode, func(t *testing.T) {
			var out strings.Builder
			err := run([]string{"-mode", mode, "-duration", "300ms", "-rate", "100", "-json"}, &out, io.Discard)
			unsupported := errors.Is(err, gpm.ErrUnsupported)
			if err != nil && !unsupported {
				t.Fatal(err)
			}
			var r report
			if err := json.Unmarshal([]byte(out.String()), &r); err != nil {
				t.Fatalf("%v in %s", err, out.String())
			}
			halves := []*result{r.Plain, r.Kernel}
			if unsupported {
				t.Log(err)
				halves = halves[:1]
			}
			for i, half := range halves {
				if half == nil {
					t.Fatalf("half %d is missing", i)
				}
				if half.Requests != 30 || half.Failed != 0 {
					t.Errorf("%s: %d requests answered, %d failed; want 30 and 0", half.Name, half.Requests, half.Failed)
				}
				if half.Work <= 0 {
					t.Errorf("%s: no work done beside the requests", half.Name)
				}
				if half.P50 <= 0 || half.P50 > half.P99 || half.P99 > half.Max {
					t.Errorf("%s: p50 %v, p99 %v, max %v", half.Name, half.P50, half.P99, half.Max)
				}
			}
			if !unsupported && (r.Ratios == nil || r.Ratios.P99 <= 0) {
				t.Errorf("ratios %+v", r.Ratios)
			}
		})
	}
}

func TestFlags(t *testing.T) {
	o, err := parse(nil, io.Discard)
	if err != nil || o.mode != "http" || o.rate != 500 || o.duration != 9*time.Second || o.warmup != 500*time.Millisecond {
		t.Errorf("by default %+v, %v", o, err)
	}
	if o, err := parse([]string{"-mode", "queue"}, io.Discard); err != nil || o.rate != 1000 {
		t.Errorf("queue: %+v, %v", o, err)
	}
	for _, args := range []string{"-mode x", "-duration 0s", "-rate -1", "-rate 1000000", "-cpus -1", "more", "-unknown", "-half x", "-clock x", "-load x", "-trace -mode queue", "-half kernel -plot x.svg"} {
		if _, err := parse(strings.Fields(args), io.Discard); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
	if _, err := parse([]string{"-h"}, io.Discard); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-h: %v", err)
	}
}

func TestService(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(handle))
	defer s.Close()
	for i, a := range asks(3) {
		if err := a.send(t.Context(), s.Client(), s.URL, false); err != nil {
			t.Errorf("question %d: %v", i, err)
		}
		a.answer.Sorted[0]++
		if err := a.send(t.Context(), s.Client(), s.URL, false); err == nil {
			t.Errorf("question %d: a wrong answer is not noticed", i)
		}
	}
	r, err := s.Client().Post(s.URL, "application/json", strings.NewReader("{"))
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	if r.StatusCode != http.StatusBadRequest {
		t.Errorf("half a question: %s", r.Status)
	}
}

// TestDriveFailures: requests that are refused are counted, not lost.
func TestDriveFailures(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	sched := schedule{start: time.Now(), rate: 1000, total: 20}
	due, err := arrivals(plainWorld().high, sched, nil)
	if err != nil {
		t.Fatal(err)
	}
	l := drive(s.URL, sched, due, &progress{}, nil)
	if l.failed != 20 || l.first == nil || len(l.sorted()) != 0 {
		t.Errorf("%d failed (%v), %d answered; want 20 and 0", l.failed, l.first, len(l.sorted()))
	}
}

func TestCorpus(t *testing.T) {
	const limit = 1 << 20
	files, err := loadCorpus(limit)
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, f := range files {
		total += len(f)
	}
	if last := files[len(files)-1]; total < limit || total-len(last) >= limit {
		t.Errorf("%d bytes in %d files, want no more files than make %d", total, len(files), limit)
	}
}
