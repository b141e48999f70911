//go:build linux && amd64 && go1.25 && !go1.28

package goport

import (
	"fmt"
	"unsafe"

	"github.com/gokern/gokern/internal/cpu"
	"golang.org/x/arch/x86/x86asm"
)

// Go's network poller. Go has one ordinary thread block in it. Where the CPUs
// compute, Linux may let that thread wait for milliseconds; and where ordinary
// goroutines have all other Ps, what it finds waits for one. So a CPU asks the
// poller too, without blocking, as findRunnable does: each event goes to one of
// those that ask. And tasks that an ordinary thread finds go straight to a CPU: it
// puts their goroutines on a list, and a CPU, which has a P, makes them runnable.

// gList is the runtime's list of goroutines, linked by g.schedlink.
type gList struct {
	head uintptr
	size int32
}

// Read by interrupt_amd64.s as well.
var (
	varNetWaiters uintptr // address of runtime.netpollWaiters: goroutines blocked in the poller
	netPolled     uint64  // time-stamp counter when a CPU last asked it
	netLate       uint64  // a tick has a CPU ask if none has for so long
	netQueue      uintptr // the goroutines on the list, linked by g.schedlink; 0: none
)

var (
	netpoll     func(delay int64) (list gList, delta int32)
	netpollFunc = goNetpoll
)

// SetNetLate sets after how many time-stamp counts without a question of a CPU's a
// tick has it ask the poller.
func SetNetLate(counts uint64) { netLate = counts }

// NetWaiting reports whether goroutines wait for the network. Context: any.
//
//go:norace
func NetWaiting() bool { return load32(varNetWaiters) != 0 }

// netBlocked is how many of Go's threads wait in the poller. It does not know of one that
// has waited there since before Boot.
var netBlocked int32

// NetWatched reports whether a thread of Go's waits in the poller. There is none where
// goroutines compute on all Ps. Context: any.
//
//go:norace
func NetWatched() bool { return netBlocked != 0 }

// WakeThread has a thread of Go's look for work, if a P is idle: it waits in the poller if it
// finds none. Context: g0 of a CPU, with a P.
//
//go:norace
func WakeThread() { wakep() }

// NetQueued reports whether PollNet has goroutines to make runnable. Context: any.
//
//go:norace
func NetQueued() bool { return cpu.LoadPtr(&netQueue) != 0 }

// NetPolled returns the time-stamp counter when a CPU last asked the poller.
// Context: any. CPUs write it as they come: it bounds what polling costs, and
// decides nothing else.
//
//go:norace
func NetPolled() uint64 { return netPolled }

// PollNet makes runnable the goroutines that ordinary threads have found and, if
// ask says so, those whose I/O is possible now. now is the time-stamp counter.
// Context: g0 of a CPU, with a P, no lock held.
//
//go:norace
func PollNet(now uint64, ask bool) {
	if NetQueued() {
		readyAll(TakeNet())
	}
	if !ask {
		return
	}
	netPolled = now
	list, delta := netpoll(0)
	readyAll(list.head)
	addNetWaiters(delta) // now that all are runnable
}

//go:norace
func readyAll(g uintptr) {
	for g != 0 {
		next := Link(g)
		ready(g, 0, false)
		g = next
	}
}

// addNetWaiters is netpollAdjustWaiters.
//
//go:norace
func addNetWaiters(delta int32) {
	if delta != 0 {
		cpu.Add32((*int32)(addr(varNetWaiters)), delta)
	}
}

// goNetpoll is called by hookNetpoll in place of netpoll and does what that does,
// but for tasks: they go to the kernel. Context: g0 of any thread, maybe without a
// P, so neither it nor Scheduler.Polled may have a write barrier.
//
//go:norace
func goNetpoll(delay int64) (list gList, delta int32) {
	if delay == 0 {
		list, delta = netpoll(0)
	} else {
		cpu.Add32(&netBlocked, 1)
		list, delta = netpoll(delay)
		cpu.Add32(&netBlocked, -1)
	}
	if list.head == 0 {
		return list, delta
	}
	var tasks, last uintptr
	g := list.head
	list = gList{}
	for g != 0 {
		next := load64(g + gSchedlink)
		if MarkOf(g) != nil {
			SetLink(g, tasks)
			if tasks == 0 {
				last = g
			}
			tasks = g
		} else {
			list.add(g)
		}
		g = next
	}
	if tasks == 0 {
		return list, delta
	}
	for g := sched.Polled(tasks, last); g != 0; {
		next := load64(g + gSchedlink)
		list.add(g)
		g = next
	}
	if list.head == 0 {
		addNetWaiters(delta) // what is to be done with an empty list
		delta = 0
	}
	return list, delta
}

//go:norace
func (l *gList) add(g uintptr) {
	SetLink(g, l.head)
	l.head = g
	l.size++
}

// MarkOf returns the task whose goroutine g is, if that is blocked; else nil.
// Context: who is to wake g.
//
//go:norace
func MarkOf(g uintptr) *Task {
	mark := load64(g + gCoroarg)
	if mark == 0 || uint64(load64(mark)) != taskMagic {
		return nil
	}
	return (*Task)(addr(mark))
}

// NextNet returns the goroutine after g on a list for QueueNet. Context: who has
// the list.
//
//go:norace
func NextNet(g uintptr) uintptr { return load64(g + gSchedlink) }

// TakeNet takes what is on PollNet's list. Context: any.
//
//go:norace
func TakeNet() uintptr { return cpu.XchgPtr(&netQueue, 0) }

// QueueNet puts the goroutines of tasks on PollNet's list: first to last are
// linked. Context: any.
//
//go:norace
func QueueNet(first, last uintptr) {
	for {
		head := cpu.LoadPtr(&netQueue)
		SetLink(last, head)
		if cpu.CasPtr(&netQueue, head, first) {
			return
		}
	}
}

// resolveNetpoll finds netpollWaiters: it is the first variable that the function
// uses which counts them, and used by one that asks whether there are any.
func resolveNetpoll(s *symbols, r *Report) error {
	counts, asks := "runtime.netpollAdjustWaiters", "runtime.netpollAnyWaiters"
	if _, _, ok := s.bounds(counts); !ok {
		counts = "runtime.netpollblockcommit" // where it is inlined
	}
	if _, _, ok := s.bounds(asks); !ok {
		asks = "runtime.findRunnable"
	}
	var at uintptr
	variables(s, counts, func(v uintptr) bool {
		at = v
		return false
	})
	if at == 0 {
		return fmt.Errorf("netpollWaiters: no variable in %s", counts)
	}
	used := false
	variables(s, asks, func(v uintptr) bool {
		used = v == at
		return !used
	})
	if !used {
		return fmt.Errorf("netpollWaiters: the variable of %s is not used by %s", counts, asks)
	}
	varNetWaiters = at
	r.add("variable", "netpollWaiters", fmt.Sprintf("%#x", at-s.slide), "code of "+counts+"; of "+asks)
	return nil
}

// variables calls visit with the address of each variable that function name
// uses, in the order of its code, until visit says stop.
func variables(s *symbols, name string, visit func(at uintptr) bool) {
	walk(s, name, func(pc uintptr, inst x86asm.Inst) bool {
		for _, arg := range inst.Args {
			if m, ok := arg.(x86asm.Mem); ok && m.Base == x86asm.RIP && !visit(pc+uintptr(inst.Len)+uintptr(m.Disp)) {
				return false
			}
		}
		return true
	})
}

var _ = [1]struct{}{}[unsafe.Sizeof(gList{})-16]
