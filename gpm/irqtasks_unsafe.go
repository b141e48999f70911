//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"math"
	"time"
	"unsafe"

	"github.com/gokern/gokern/internal/goport"
	"github.com/gokern/gokern/internal/irq"
)

// What package signals needs of the kernel; see internal/irq. A task of the
// kernel's own is one like any other, but pinned, not counted, and of a priority
// that users' tasks cannot have. stop ends it.

func init() {
	irq.Spawn = spawnInternal
	irq.SpawnMovable = spawnMovable
	irq.SpawnWorker = spawnWorker
	irq.Kick = kickOnG0
}

// seatInterrupts tells package irq which CPUs there are.
func (k *Kernel) seatInterrupts() {
	var list []*irq.CPU
	for _, c := range k.cpus {
		list = append(list, &c.irq)
	}
	irq.SetCPUs(list)
}

// spawnInternal starts fn as a task of the kernel's own on CPU i.
func spawnInternal(i *irq.CPU, level int, name string, fn func()) {
	c := vcpuOf(i)
	t := newInternal(c.k, []int{int(c.ID)}, level, name)
	t.stays()
	t.launch(fn)
}

// spawnMovable is spawnInternal for a task that may be moved; i nil: to any CPU.
func spawnMovable(i *irq.CPU, level int, name string, fn func()) (move func(*irq.CPU) bool) {
	t := newInternalFor(i, level, name)
	t.launch(fn)
	return func(i *irq.CPU) bool {
		attr := t.Attr()
		attr.CPUs = []int{i.ID()}
		return t.SetAttr(attr) == nil
	}
}

// spawnWorker is spawnInternal for a task whose blocking is watched.
func spawnWorker(i *irq.CPU, level int, name string, w *irq.Watch, fn func()) (blocked func() bool) {
	t := newInternalFor(i, level, name)
	t.setWatch(w)
	t.launch(fn)
	return t.Blocked
}

//go:norace
func (t *Task) stays() { t.perCPU = true }

//go:norace
func (t *Task) setWatch(w *irq.Watch) { t.watch, t.rare = w, 1 }

// newInternalFor is newInternal for CPU i, nil: for all; somebody will know the task.
func newInternalFor(i *irq.CPU, level int, name string) *Task {
	all := irq.All()
	var cpus []int
	for n, c := range all {
		if i == nil || c == i {
			cpus = append(cpus, n)
		}
	}
	t := newInternal(vcpuOf(all[0]).k, cpus, level, name)
	t.hold()
	return t
}

// newInternal returns a task for those CPUs, which must be named. level is a priority,
// or a nice value below 0.
//
//go:norace
func newInternal(k *Kernel, cpus []int, level int, name string) *Task {
	attr := Attr{Name: name, CPUs: cpus}
	if level > 0 {
		attr.Policy, attr.Priority = FIFO, min(level, MaxPriority)
	}
	if level < 0 {
		attr.Nice = level
	}
	a := k.derive(attr, nil)
	a.prio = int32(max(0, level)) // nobody else uses these attrs: they name CPUs
	t := newSpare(k, nil)
	t.use(a)
	t.internal = true
	return t
}

// kickOnG0 has CPU i look around if it is idle: it has a new first timer, and may
// be about to park. The exchange in kick comes after the timer was stored, and the
// CPU says that it is about to sleep before it looks for timers.
//
//go:norace
func kickOnG0(i *irq.CPU) {
	if c := vcpuOf(i); c.idle != idleAwake {
		c.kick()
	}
}

// A CPU that parks has no P, so its own timer could interrupt it but not have it
// run anything. For timers that are far off, Go has one of its own, which has
// the CPU look a little earlier, as gpm.Sleep does. So Go's deadlock detector
// knows too that something is to come.

// watchTimers has the CPUs look whose first timer is near, and sets Go's timer for the
// first of the others', or stops it. A CPU that parks later has it look again. Context:
// the helper, and whoever ends it.
func (k *Kernel) watchTimers() {
	switch next := k.farTimer(); {
	case next == math.MaxInt64:
		if k.far != nil {
			k.far.Stop()
		}
	case k.far == nil:
		k.far = time.AfterFunc(untilFar(next), k.helper.Wake)
	default:
		k.far.Reset(untilFar(next))
	}
}

func untilFar(next int64) time.Duration {
	return max(0, time.Duration(next-goport.Nanotime())-leadTime)
}

// farTimer kicks the former, and returns when the first of the latter is due.
//
//go:norace
func (k *Kernel) farTimer() int64 {
	a := &farArgs{k: k}
	onG0(lookAtTimersOnG0, a)
	return a.next
}

type farArgs struct {
	k    *Kernel
	next int64
}

//go:norace
func lookAtTimersOnG0(p unsafe.Pointer) {
	a := arg[farArgs](p)
	a.next = math.MaxInt64
	soon := goport.Nanotime() + int64(shortTime)
	for _, c := range a.k.cpus {
		if next := c.irq.Next(); next >= soon {
			a.next = min(a.next, next)
		} else if c.idle != idleAwake {
			c.kick()
		}
	}
}

// disarmOnG0 stops the POSIX timer of CPU p, which is about to park.
//
//go:norace
func disarmOnG0(p unsafe.Pointer) { arg[vcpu](p).irq.Disarm() }
