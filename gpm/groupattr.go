package gpm

import (
	"fmt"
	"time"
)

// GroupAttr says what the tasks of a group get together, of policies Normal, Batch
// and Idle. The zero value is a group that counts as one task of nice 0.
type GroupAttr struct {
	// Name is for logs.
	Name string
	// Weight is the group's against those of its siblings, and against the tasks
	// of its parent; 0 means 100, as much as one task of nice 0. 1 to 10000. Linux:
	// cpu.weight.
	Weight int
	// Quota is how much CPU time, of all CPUs, the group may use in each Period; 0
	// means any. Its tasks then wait for the next Period. At least 100 µs. Linux:
	// cpu.max.
	Quota time.Duration
	// Period is 100 ms if 0. 1 ms to 1 s.
	Period time.Duration
	// Floor is the part of a CPU that the group's tasks there get at least, however
	// little its weight is against that of others; up to 0.9, of all groups together. What
	// groups within it are to get counts as its own, not in addition. A group that is gone
	// counts until the collector has found that out.
	Floor float64
}

const (
	defaultGroupWeight = 100
	maxGroupWeight     = 10_000
	defaultGroupPeriod = 100 * time.Millisecond
	minGroupPeriod     = time.Millisecond
	minQuota           = 100 * time.Microsecond
	maxFloor           = 0.9
)

// complete checks a and fills in defaults.
func (a GroupAttr) complete() (GroupAttr, error) {
	if a.Weight == 0 {
		a.Weight = defaultGroupWeight
	}
	if a.Period == 0 {
		a.Period = defaultGroupPeriod
	}
	switch {
	case a.Weight < 1 || a.Weight > maxGroupWeight:
		return a, badAttr("Weight is %d, want 1 to %d", a.Weight, maxGroupWeight)
	case a.Quota < 0 || a.Quota > 0 && a.Quota < minQuota:
		return a, badAttr("Quota is %v, want %v at least, or 0", a.Quota, minQuota)
	case a.Period < minGroupPeriod || a.Period > time.Second:
		return a, badAttr("Period is %v, want %v to 1s", a.Period, minGroupPeriod)
	case !(a.Floor >= 0 && a.Floor <= maxFloor):
		return a, badAttr("Floor is %v, want 0 to %v", a.Floor, maxFloor)
	}
	return a, nil
}

// GroupStats is what a group has had, with all below it.
type GroupStats struct {
	Runtime   time.Duration // since the group was made, less the current turns
	Throttled uint64        // Periods in which the Quota was used up
}

// String names the group for logs.
func (g *Group) String() string { return fmt.Sprintf("group %q", g.Attr().Name) }
