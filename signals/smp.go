package signals

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/irq"
	"github.com/gokern/gokern/preempt"
)

// SMPCallFunctionSingle has CPU n call f, as a hard interrupt: f must not block. If
// that is the caller's own CPU it is called at once, with interrupts masked. With
// wait it returns when f has. Context: any; with wait, may block. (Linux's spins,
// and may be called with preemption off. Here a CPU with preemption off must not
// wait for another: that one may be stopped by Go, which waits for this one.)
// Errors: ErrCPU, also if it is offline, ErrShutdown. Linux: smp_call_function_single().
func SMPCallFunctionSingle(n int, f func(), wait bool) error {
	c, err := cpuAt(n)
	switch {
	case err != nil:
		return err
	case !c.Online():
		return offline(n)
	}
	return smpCall([]int{n}, f, wait, true)
}

// SMPCallFunctionMany has all of those CPUs but the caller's own call f, at the
// same time, as SMPCallFunctionSingle does; nil means all. Those that are offline are
// left out. Context and errors as there. On ErrShutdown some may have called it. Linux:
// smp_call_function_many().
func SMPCallFunctionMany(cpus []int, f func(), wait bool) error {
	return smpCall(cpus, f, wait, false)
}

// OnEachCPU is SMPCallFunctionMany for all CPUs, the caller's own too. Linux:
// on_each_cpu().
func OnEachCPU(f func(), wait bool) error { return smpCall(nil, f, wait, true) }

// smpCall is all of them; own says whether the caller's CPU is one of those.
func smpCall(cpus []int, f func(), wait, own bool) error {
	all := irq.All()
	if all == nil {
		return ErrShutdown
	}
	if cpus == nil {
		for i := range all {
			cpus = append(cpus, i)
		}
	}
	for _, n := range cpus {
		if _, err := cpuAt(n); err != nil {
			return err
		}
	}
	if wait && !irq.MayBlock("a call on other CPUs that waits") {
		return nil
	}
	done := make(chan struct{}, len(cpus)) // with room for all: to send does not block
	var failed error
	sent, here := 0, false
	self := preempt.TryDisableCPU()
	for _, n := range cpus {
		if n == self {
			here = own
			continue
		}
		if !all[n].Online() {
			continue
		}
		w := &irq.Work{Call: true, Fn: func() {
			f()
			done <- struct{}{}
		}}
		cpu.RaceReaderUnlocking(w.Race())
		if failed = all[n].Queue(w); failed != nil {
			break
		}
		sent++
	}
	if here && failed == nil {
		flags := IRQSave()
		f()
		IRQRestore(flags)
	}
	if self >= 0 {
		preempt.Enable()
	}
	for ; wait && sent > 0; sent-- {
		<-done
	}
	return failed
}
