package rcu_test

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/testgc"
	"github.com/gokern/gokern/lock/rcu"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

// lines collects what is logged.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// with returns the first line that has all words in it, "" if there is none.
func (l *lines) with(words ...string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range strings.Split(l.buf.String(), "\n") {
		if !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(line, word) }) {
			return line
		}
	}
	return ""
}

// inside is set by who has entered a section.
var inside atomic.Bool

// stalledHere is a name to look for in stacks.
//
//go:noinline
func stalledHere(stop *atomic.Bool) {
	inside.Store(true)
	spin(stop)
}

// blocked is unlocked when a task that blocks is to go on.
var blocked sync.Mutex

//go:noinline
func blockedHere(*atomic.Bool) {
	inside.Store(true)
	blocked.Lock()
	defer blocked.Unlock()
}

func TestStallReports(t *testing.T) {
	testgc.Off(t)
	k := boot(t, gpm.Config{CPUs: 2, Pin: []int{-1, -1}, Watchdog: -1})
	read := func(f func(*atomic.Bool)) func(*atomic.Bool) {
		return func(stop *atomic.Bool) {
			rcu.ReadLock()
			f(stop)
			rcu.ReadUnlock()
		}
	}
	for name, c := range map[string]struct {
		reader func(stop *atomic.Bool)
		want   []string
	}{
		"preemption off": {func(stop *atomic.Bool) {
			preempt.Disable()
			stalledHere(stop)
			preempt.Enable()
		}, []string{"preemption is off", "cpu=1", "preempt_count=0x1", "stalledHere"}},
		"interrupts masked": {func(stop *atomic.Bool) {
			signals.IRQDisable()
			stalledHere(stop)
			signals.IRQEnable()
		}, []string{"interrupts are off", "cpu=1", "stalledHere"}},
		"the signal blocked": {func(stop *atomic.Bool) {
			signals.HardIRQDisable()
			stalledHere(stop)
			signals.HardIRQEnable()
		}, []string{"interrupts are off", "cpu=1", "has not taken an interrupt"}},
		// It may have been switched out before, for a moment.
		"running": {read(stalledHere), []string{"in a read-side section", "stalledHere"}},
		"blocked": {read(blockedHere), []string{"switched out in a read-side section", "state=blocked", "blockedHere"}},
	} {
		t.Run(name, func(t *testing.T) {
			var log lines
			rcu.SetStallReport(50*time.Millisecond, slog.New(slog.NewTextHandler(&log, nil)))
			defer rcu.SetStallReport(0, nil)
			var stop atomic.Bool
			blocked.Lock()
			inside.Store(false)
			task := spawn(t, k, gpm.Attr{Name: "the-culprit", CPUs: []int{1}}, func() { c.reader(&stop) })
			eventually(t, inside.Load)
			done := after(rcu.Synchronize)
			// One report may come too early, or find the CPU away: another follows.
			words := append(c.want, "the-culprit", "rcu: stall: ", "for=")
			if !assert.Eventually(t, func() bool { return log.with(words...) != "" }, long, time.Millisecond) {
				t.Logf("no line with %q; the first is: %s", words, log.with("the-culprit"))
			}
			stop.Store(true)
			blocked.Unlock()
			require.True(t, over(done, long))
			wait(t, task)
		})
	}
}

// A grace period that takes its time but less than the limit is no stall, and
// with a limit below zero nothing is.
func TestNoStallReport(t *testing.T) {
	k := boot(t, gpm.Config{})
	for _, limit := range []time.Duration{time.Hour, -1} {
		var log lines
		rcu.SetStallReport(limit, slog.New(slog.NewTextHandler(&log, nil)))
		blocked.Lock()
		in := make(chan struct{})
		task := spawn(t, k, gpm.Attr{}, func() {
			rcu.ReadLock()
			close(in)
			blockedHere(nil)
			rcu.ReadUnlock()
		})
		<-in
		done := after(rcu.Synchronize)
		assert.False(t, over(done, 5*short))
		blocked.Unlock()
		require.True(t, over(done, long))
		wait(t, task)
		assert.Empty(t, log.with("stall"))
	}
	rcu.SetStallReport(0, nil)
}
