package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/gpm"
)

// TestRun runs all comparisons as a user does, briefly. Every side is measured
// whose program is there, and whatever its times are they are in order.
func TestRun(t *testing.T) {
	var out strings.Builder
	err := run([]string{"-rounds", "1", "-duration", "50ms", "-groups", "1", "-loops", "5", "-operations", "1", "-json"}, &out, io.Discard)
	unsupported := errors.Is(err, gpm.ErrUnsupported)
	if !unsupported {
		require.NoError(t, err)
	}
	var results []result
	require.NoError(t, json.Unmarshal([]byte(out.String()), &results))
	require.Len(t, results, 6)
	for _, r := range results {
		for i, s := range r.Sides {
			t.Log(r.Name, s.Name, s.Missing, s.Median, s.Ratio)
			if s.Missing != "" {
				need, _, _ := strings.Cut(s.Name, " ")
				if _, err := exec.LookPath(need); err == nil && need != s.Name {
					continue // it is there, but may not do what was asked: say, be a real-time thread
				}
				require.True(t, i > 0 || unsupported, s.Missing)
				continue
			}
			require.Len(t, s.Rounds, 1)
			m := s.Median
			if _, ok := m["messages"]; ok {
				require.Positive(t, m["messages"])
				require.GreaterOrEqual(t, m["CPU time"], 0.0)
				continue
			}
			require.LessOrEqual(t, m["p50"], m["p99"])
			require.LessOrEqual(t, m["p99"], m["max"])
			if r.Name == "sleep" { // one that ends early would be below zero
				require.Positive(t, m["p50"])
			}
		}
	}
}

func TestFlags(t *testing.T) {
	o, err := parse(nil, io.Discard)
	require.NoError(t, err)
	require.Equal(t, names, o.run)
	for _, wrong := range []string{"-run x", "-run sleep,", "-rounds 0", "-duration 0", "-load 0", "-rate -1", "-hogs -1", "-loops 0", "rest"} {
		_, err := parse(strings.Fields(wrong), io.Discard)
		require.Error(t, err, wrong)
	}
}

// Every message of a group arrives whole: a receiver gets as many as are for it.
func TestGroups(t *testing.T) {
	for name, g := range map[string]group{"room": channels(room), "no room": channels(0), "pipes": throughPipes} {
		o := options{groups: 2}
		m, err := o.pass(world{}, 7, g)
		require.NoError(t, err, name)
		require.Positive(t, m["messages"], name)
	}
}

func TestCheck(t *testing.T) {
	m := newMessage()
	require.NoError(t, check(m))
	m[99]++
	require.Error(t, check(m))
}

// What hackbench printed.
func TestParseTime(t *testing.T) {
	s, err := parseTime("Running in threaded mode with 1 groups using 40 file descriptors each (== 40 tasks)\n" +
		"Each sender will pass 20 messages of 100 bytes\nTime: 0.433\n")
	require.NoError(t, err)
	require.Equal(t, 0.433, s)
	for _, out := range []string{"", "Time: \n", "Time: 0.000\n", "Time: 1.2.3\n"} {
		_, err := parseTime(out)
		require.Error(t, err, out)
	}
	m := options{groups: 10}.rates(100, 2*time.Second, time.Second)
	require.Equal(t, measures{"messages": 200_000, "CPU time": 2500}, m) // 400,000 messages
}

func TestParseSamples(t *testing.T) {
	samples, err := parseSamples("5360\n71\n")
	require.NoError(t, err)
	require.Equal(t, []time.Duration{5360, 71}, samples)
	_, err = parseSamples("5360\nx\n")
	require.Error(t, err)
}

// The matrices' product is what a multiplication by hand gives.
func TestWork(t *testing.T) {
	m := &matrices{2, []uint64{1, 2, 3, 4}, []uint64{5, 6, 7, 8}, make([]uint64, 4)}
	m.work(3)
	require.Equal(t, []uint64{19, 22, 43, 50}, m.c)
	require.Equal(t, 104, newMatrices().n) // schbench's size
}

// Two CPUs do twice as many requests as one takes of them, however busy the
// machine is: no more than that.
func TestCalibrate(t *testing.T) {
	m := newMatrices()
	best := time.Hour
	for range 20 {
		begin := time.Now()
		m.work(1)
		best = min(best, time.Since(begin))
	}
	rate := calibrate(2, 4, 1, 50*time.Millisecond)
	require.Positive(t, rate)
	require.Less(t, rate, 3*2/best.Seconds())
}

// The message thread sends all that are due, and the workers serve all that were
// not dropped; a worker that is busy has no wake-up.
func TestBoard(t *testing.T) {
	b := newBoard(3, 1)
	m, err := b.run(world{}, 1, 40, 500*time.Millisecond) // eight at 0, 200, and 400 ms
	require.NoError(t, err)
	served := 0
	for _, w := range b.workers {
		served += len(w.times)
		require.LessOrEqual(t, len(w.wakeups), len(w.times))
	}
	require.Equal(t, 24, served+b.dropped)
	require.Positive(t, m["wake-ups"])
	require.Positive(t, m["CPUs used"])
}
