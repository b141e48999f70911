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
// wait for another: that one may be stopped by Go, which waits for this one.) The wait
// may be long: a task there in a system call, with preemption off or with interrupts
// masked holds it up.
// Errors: ErrCPU, also if it is offline, ErrShutdown, ErrContext. Linux:
// smp_call_function_single().
func SMPCallFunctionSingle(n int, f func(), wait bool) error {
	called, err := smpCall([]int{n}, f, wait, true)
	if err == nil && called == 0 {
		return offline(n)
	}
	return err
}

// SMPCallFunctionMany has all of those CPUs but the caller's own call f, at the
// same time and once each, as SMPCallFunctionSingle does; nil means all. Those that are
// offline are left out: that is no error. Context: any; with wait, may block. Errors:
// ErrCPU if there is no such CPU, ErrShutdown, where some may have called it,
// ErrContext. Linux: smp_call_function_many().
func SMPCallFunctionMany(cpus []int, f func(), wait bool) error {
	_, err := smpCall(cpus, f, wait, false)
	return err
}

// OnEachCPU is SMPCallFunctionMany for all CPUs, the caller's own too. Context: any;
// with wait, may block. Errors: ErrShutdown, ErrContext. Linux: on_each_cpu().
func OnEachCPU(f func(), wait bool) error {
	_, err := smpCall(nil, f, wait, true)
	return err
}

// smpCall is all of them; own says whether the caller's CPU is one of those. It returns
// how many CPUs call f, or have.
func smpCall(cpus []int, f func(), wait, own bool) (called int, failed error) {
	mustCall(f != nil, "a call on other CPUs")
	all := irq.All()
	if all == nil {
		return 0, ErrShutdown
	}
	var asked [cpu.MaxCPUs]bool // as a cpumask, it has each but once
	for _, n := range cpus {
		if _, err := cpuAt(n); err != nil {
			return 0, err
		}
		asked[n] = true
	}
	if wait {
		if err := irq.CheckBlock("a call on other CPUs that waits"); err != nil {
			return 0, err
		}
	}
	done := make(chan struct{}, len(all)) // with room for all: to send does not block
	sent, here := 0, false
	self := preempt.TryDisableCPU()
	for n, c := range all {
		if cpus != nil && !asked[n] {
			continue
		}
		if n == self {
			here = own
			continue
		}
		if !c.Online() {
			continue
		}
		w := &irq.Work{Call: true, User: f, Fn: func() {
			f()
			done <- struct{}{}
		}}
		cpu.RaceReaderUnlocking(w.Race())
		if failed = c.Queue(w); failed != nil {
			break
		}
		sent++
	}
	if here && failed == nil {
		flags := IRQSave()
		f()
		IRQRestore(flags)
		called++
	}
	if self >= 0 {
		preempt.Enable()
	}
	for n := 0; wait && n < sent; n++ {
		<-done
	}
	return called + sent, failed
}
