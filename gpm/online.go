//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import "github.com/gokern/gokern/internal/cpu"

// Which CPUs are online. A task runs on those that its Attr allows and that are
// online; if there is none, on any that is: its affinity is broken, as Linux says, for
// as long as that lasts. Nothing is noted in the task, so nothing can be left over.
//
// A CPU's down is the last word: it is read under the queue's lock by whoever puts a
// task there. The set in the Kernel, and the number of those that are not in it, tell
// whose affinity is broken; they are changed by Offline and Online only, in an order in
// which each task is admitted somewhere at any time.
//
//	Offline: downs, online, down    Online: down, online, downs

// What a CPU's down says. Protected by the queue's lock.
const (
	cpuOnline  = iota
	cpuLeaving // takes no task, but those run on that must stay on it
	cpuOffline // none of those is left
)

// admits reports whether t, which is allowed to run on the CPUs in allowed, may be put
// on c now. Without c's lock it is a hint. The kernel's own tasks of one CPU, those
// that run callbacks of its timers, stay when it is offline.
//
//go:norace
func (c *vcpu) admits(t *Task, allowed *mask) bool {
	if allowed.has(c.ID) {
		return c.down == cpuOnline || t.ofCPU()
	}
	return c.down == cpuOnline && cpu.Load32(&c.k.downs) != 0 && !c.k.anyOnline(allowed) && !t.ofCPU()
}

// ofCPU reports whether t is the kernel's own and belongs to one CPU. Linux:
// kthread_is_per_cpu().
//
//go:norace
func (t *Task) ofCPU() bool { return t.perCPU }

// anyOnline reports whether one of the CPUs in allowed is online.
//
//go:norace
func (k *Kernel) anyOnline(allowed *mask) bool { return k.online.any(allowed) }

// someOnline returns a CPU that is online, or was a moment ago.
//
//go:norace
func (k *Kernel) someOnline() *vcpu {
	for _, c := range k.cpus {
		if c.down == cpuOnline {
			return c
		}
	}
	return k.cpus[0]
}

// broken reports whether CPU id is the only one in m that is online or, if it is
// not itself, would be.
//
//go:norace
func (k *Kernel) broken(m *mask, id int32) bool {
	if !m.has(id) {
		return false
	}
	for i := range int32(k.cpusLen) {
		if i != id && m.has(i) && k.online.has(i) {
			return false
		}
	}
	return true
}

// has reports whether CPU id is in m.
//
//go:norace
func (m *idlers) has(id int32) bool { return cpu.Load32(&m[id/32])&(1<<(id%32)) != 0 }

// OnlineCPUs returns the numbers of the CPUs that are online. Context: any
// goroutine. Linux: cpu_online_mask.
func (k *Kernel) OnlineCPUs() (list []int) {
	for i := range k.cpusLen {
		if k.online.has(int32(i)) {
			list = append(list, i)
		}
	}
	return list
}
