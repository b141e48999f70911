//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"fmt"
	"sync"
	"time"

	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/signals"
)

// CPUs go offline and come back, as Linux's do.
//
//	           Offline                     all gone
//	online ------------------> leaving ------------------> offline
//	   ^  no wake-up chooses it,          nobody comes back:  |
//	   |  its tasks are moved             it parks, its P is  |
//	   |                                  Go's                |
//	   +------------------------- Online ---------------------+
//
// A CPU that leaves still runs tasks that must stay on it (percpu.MigrateDisable)
// until their sections end. The thread stays, parked: it takes interrupts, and it
// serves what is left of its timers, which wake tasks elsewhere; the last of them
// are of Sleep and end within milliseconds. Timers of Go's are the P's, and go with it.

// hotplug serialises Offline and Online. Linux: cpu_hotplug_lock.
type hotplug struct {
	sync.Mutex
	ended bool // the kernel stops
}

// end waits for who is in Offline or Online, and refuses others from now on.
func (h *hotplug) end() {
	h.Lock()
	h.ended = true
	h.Unlock()
}

// Offline takes a virtual CPU out of service: when it returns no task runs there,
// or will before Online. Tasks that run or wait there go elsewhere. It waits for
// those that must stay there, in a section of percpu.MigrateDisable, in a system
// call or locked to the thread, for as long as that takes. Its per-CPU data stays
// valid, and GOMAXPROCS what it is.
//
// A task whose Attr.CPUs names only CPUs that are offline runs on any other, and on
// its own again as soon as one of them is back online. (Linux does the first, and
// the second for cpusets but not always for sched_setaffinity.) That is logged.
//
// Of a CPU that is offline already nothing changes, and there is no error. Errors:
// ErrConfig if there is no such CPU, ErrLastCPU, ErrBandwidth if those that are left
// could not keep what Deadline tasks have been promised, ErrTask if the caller is
// in a section of percpu.MigrateDisable, ErrShutdown. Context: any goroutine, a
// task that may block too, also one on that CPU. Linux: cpu_down().
func (k *Kernel) Offline(id int) error {
	if err := k.mayPlug(id); err != nil {
		return err
	}
	k.hotplug.Lock()
	defer k.hotplug.Unlock()
	if k.hotplug.ended {
		return ErrShutdown
	}
	a := newPlugArgs(k, id)
	onG0(offlineOnG0, a)
	if err := a.err(); err != nil || a.isDone() {
		return err
	}
	for pause := 20 * time.Microsecond; ; pause = min(2*pause, 5*time.Millisecond) {
		onG0(evictOnG0, a)
		if a.isDone() {
			break
		}
		Sleep(pause)
	}
	if n, first, name := a.strays(); n > 0 {
		k.config.Logger.Warn("gokern: tasks may run only on CPUs that are offline; they run on others", "cpu", id, "tasks", n, "first", first, "name", name)
	}
	return nil
}

// Online puts a CPU that is offline into service again. Of one that is online
// nothing changes, and there is no error. Errors: ErrConfig if there is no such CPU,
// ErrTask, ErrShutdown. Context: as for Offline. Linux: cpu_up().
func (k *Kernel) Online(id int) error {
	if err := k.mayPlug(id); err != nil {
		return err
	}
	k.hotplug.Lock()
	defer k.hotplug.Unlock()
	if k.hotplug.ended {
		return ErrShutdown
	}
	a := newPlugArgs(k, id)
	onG0(onlineOnG0, a)
	for !a.isDone() {
		onG0(homeOnG0, a)
	}
	k.classMu.Lock()
	defer k.classMu.Unlock()
	for _, cl := range k.classes {
		cl.agent.Wake() // there is a CPU to pick for
	}
	return nil
}

// mayPlug reports what is wrong with a call of Offline or Online. A caller that must
// stay on its CPU could wait for one that waits for it.
func (k *Kernel) mayPlug(id int) error {
	if id < 0 || id >= k.cpusLen {
		return fmt.Errorf("%w: CPU %d; there are %d", ErrConfig, id, k.cpusLen)
	}
	t := current()
	switch {
	case t == nil:
	case preempt.InAtomic() || signals.IRQsDisabled():
		preempt.Raise("Offline or Online while atomic")
		return fmt.Errorf("%w: Offline or Online while atomic", ErrTask)
	case t.NoMigrate():
		return fmt.Errorf("%w: Offline or Online with migration disabled", ErrTask)
	}
	return nil
}
