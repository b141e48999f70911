package gpm

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/preempt"
)

// Config says how to boot. The zero value is good.
type Config struct {
	// CPUs is the number of virtual CPUs; 0 means one for each CPU that the
	// process may use, 256 at most.
	CPUs int
	// Pin lists the CPU of the machine for each virtual CPU; nil means those
	// that the process may use, and over again if there are more virtual ones: one
	// of each core first, and all of a memory node, and in it of a last-level cache,
	// before the next one's. -1 leaves a virtual CPU unpinned.
	Pin []int
	// Slice is how long a Normal or RR task runs before an equal one that
	// waits gets its turn; 0 means 1 ms. At least 50 µs.
	Slice time.Duration
	// Procs is how many Ps ordinary goroutines keep for themselves: GOMAXPROCS
	// becomes CPUs + Procs while the kernel runs. 0 means 2, or a quarter of
	// CPUs if that is more.
	Procs int
	// FairServer is what Normal tasks get of a CPU in each second though FIFO or RR
	// tasks want all of it; 0 means 50 ms, less than 0 nothing. Linux:
	// /sys/kernel/debug/sched/fair_server.
	FairServer time.Duration
	// Preemption is the model by which tasks are preempted; SetPreemption changes
	// it. Linux: the boot option preempt=.
	Preemption preempt.Model
	// Watchdog is how long a task may stay in a system call, keep preemption or
	// interrupts off, or wait for a CPU before that is logged; 0 means 1 s,
	// less than 0 never.
	Watchdog time.Duration
	// Logger gets what the watchdog finds, and at Boot what limits preemption;
	// nil means slog.Default().
	Logger *slog.Logger
}

const (
	defaultSlice    = time.Millisecond
	minSlice        = 50 * time.Microsecond
	maxSlice        = time.Second
	defaultFair     = 50 * time.Millisecond
	maxFair         = 950 * time.Millisecond
	defaultWatchdog = time.Second
	maxCPUs         = cpu.MaxCPUs
)

// complete checks c and fills in defaults. allowed are the CPUs that the
// process may use, in the order to use them.
func (c Config) complete(allowed []int) (Config, error) {
	bad := func(format string, args ...any) (Config, error) {
		return c, fmt.Errorf("%w: %s", ErrConfig, fmt.Sprintf(format, args...))
	}
	if c.CPUs == 0 {
		c.CPUs = min(len(allowed), maxCPUs)
		if c.Pin != nil {
			c.CPUs = len(c.Pin)
		}
	}
	if c.CPUs < 1 || c.CPUs > maxCPUs {
		return bad("CPUs is %d, want 1 to %d", c.CPUs, maxCPUs)
	}
	if c.Pin == nil {
		for i := range c.CPUs {
			c.Pin = append(c.Pin, allowed[i%len(allowed)])
		}
	}
	if len(c.Pin) != c.CPUs {
		return bad("Pin lists %d CPUs, want %d", len(c.Pin), c.CPUs)
	}
	for _, p := range c.Pin {
		found := p == -1
		for _, a := range allowed {
			found = found || a == p
		}
		if !found {
			return bad("Pin names CPU %d; the process may use %v", p, allowed)
		}
	}
	if c.Slice == 0 {
		c.Slice = defaultSlice
	}
	if c.Slice < minSlice || c.Slice > maxSlice {
		return bad("Slice is %v, want %v to %v", c.Slice, minSlice, maxSlice)
	}
	if c.Procs == 0 {
		c.Procs = max(2, c.CPUs/4)
	}
	if c.Procs < 1 {
		return bad("Procs is %d, want at least 1", c.Procs)
	}
	if c.FairServer == 0 {
		c.FairServer = defaultFair
	}
	if c.FairServer > maxFair {
		return bad("FairServer is %v, want %v at most", c.FairServer, maxFair)
	}
	if !c.Preemption.Valid() {
		return bad("Preemption is %v", c.Preemption)
	}
	if c.Watchdog == 0 {
		c.Watchdog = defaultWatchdog
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c, nil
}
