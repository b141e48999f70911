package main

import (
	"errors"
	"slices"
	"testing"
	"time"
)

func TestRecord(t *testing.T) {
	l := newLatencies(schedule{rate: 10, total: 6, skip: 2})
	wrong, worse := errors.New("wrong"), errors.New("worse")
	l.record(1, 99, nil) // warm-up
	l.record(2, 30, nil)
	l.record(3, 0, wrong)
	l.record(4, 10, nil)
	l.record(0, 0, worse)
	if got := l.sorted(); !slices.Equal(got, []time.Duration{10, 30}) {
		t.Errorf("latencies %v, want 10 and 30", got)
	}
	if l.failed != 2 || l.first != wrong {
		t.Errorf("%d failures, first %v; want 2, first %v", l.failed, l.first, wrong)
	}
}
