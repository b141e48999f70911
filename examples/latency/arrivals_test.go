package main

import (
	"testing"
	"time"
)

func TestSchedule(t *testing.T) {
	start := time.Now()
	s := newSchedule(options{rate: 300, duration: 2 * time.Second, warmup: 100 * time.Millisecond}, start)
	if s.skip != 30 || s.measured() != 600 || s.total != 630 {
		t.Errorf("%d of %d requests warm up, want 30 of 630", s.skip, s.total)
	}
	for k, want := range map[int]time.Duration{0: 0, 1: 3333333, 3: 10 * time.Millisecond, 300: time.Second, 300_000: 1000 * time.Second} {
		if got := s.begin(k).Sub(start); got != want {
			t.Errorf("interval %d begins after %v, want %v", k, got, want)
		}
	}
	var quarters [4]int
	for k := range s.total {
		in := s.due(k).Sub(s.begin(k))
		if in < 0 || in > time.Second/300 {
			t.Fatalf("request %d is due %v into its interval", k, in)
		}
		quarters[min(3, in/(time.Second/1200))]++
	}
	for _, n := range quarters { // 157 expected, deviation 11
		if n < 100 {
			t.Errorf("the quarters of the intervals have %v arrivals", quarters)
		}
	}
}

// TestArrivalsOpenLoop: nobody takes a request before all are due, and yet none
// is dropped, put off or early.
func TestArrivalsOpenLoop(t *testing.T) {
	s := schedule{start: time.Now(), rate: 2000, total: 100}
	c, err := arrivals(plainWorld().high, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Until(s.begin(s.total)))
	for k := 0; len(c) < s.total; k++ {
		if k == 500 {
			t.Fatalf("5 s later %d of %d arrivals have come", len(c), s.total)
		}
		time.Sleep(10 * time.Millisecond)
	}
	k := 0
	for a := range c {
		if a.k != k || !a.due.Equal(s.due(k)) {
			t.Errorf("arrival %d is request %d, due after %v", k, a.k, a.due.Sub(s.start))
		}
		k++
	}
	if k != s.total {
		t.Errorf("%d arrivals, want %d", k, s.total)
	}
}

func TestClock(t *testing.T) {
	c, err := newClock()
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	for range 3 {
		at := time.Now().Add(5 * time.Millisecond)
		if err := c.sleepUntil(at); err != nil {
			t.Fatal(err)
		}
		if early := time.Until(at); early > 0 {
			t.Errorf("woke %v early", early)
		}
	}
	if err := c.sleepUntil(time.Now().Add(-time.Second)); err != nil {
		t.Error("in the past:", err)
	}
}
