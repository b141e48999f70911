package signals

import (
	"fmt"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/irq"
	"github.com/gokern/gokern/preempt"
)

// DisableNosync keeps the line from being served until as many calls of Enable. What
// comes meanwhile is one batch then. A handler may be running. Context: any. Linux:
// disable_irq_nosync().
func (i *IRQ) DisableNosync() { i.depth.Inc() }

// Disable is DisableNosync and Synchronize. Context: may block, not the line's own
// handler. Linux: disable_irq().
func (i *IRQ) Disable() {
	i.DisableNosync()
	i.Synchronize()
}

// Enable ends a Disable; the last serves what has come meanwhile. Without Disable it
// is a BUG. Context: any. Linux: enable_irq().
func (i *IRQ) Enable() {
	for {
		depth := i.depth.Load()
		if depth == 0 {
			preempt.Raise("Enable of an IRQ without Disable")
			return
		}
		if i.depth.CompareAndSwap(depth, depth-1) {
			break
		}
	}
	i.look()
}

// Synchronize waits until no handler of the line runs, or is about to, for what has
// been taken from it so far. Context: may block, not the line's own handler. Linux:
// synchronize_irq().
func (i *IRQ) Synchronize() {
	if irq.MayBlock("Synchronize of an IRQ") && !i.own("Synchronize") {
		i.sync()
	}
}

// own reports a BUG if the caller is the line's thread, which would wait for itself.
func (i *IRQ) own(what string) bool {
	if task := cpu.Current(); task == nil || i.task.Load() != any(task) {
		return false
	}
	preempt.Raise(what + " of an IRQ by its own handler")
	return true
}

func (i *IRQ) sync() {
	for spins := 0; i.serving.Load(); spins++ {
		irq.Pause(spins)
	}
	woken := i.woken.Load()
	for spins := 0; i.done.Load() < woken; spins++ {
		irq.Pause(spins)
	}
}

// SetAffinity has CPU n serve the line from now on, and run its thread. On an error
// nothing has changed. Context: may block, the line's own handler too. Errors: ErrCPU,
// also if it is offline, ErrShutdown, also when Free has begun, ErrContext. Linux:
// irq_set_affinity().
func (i *IRQ) SetAffinity(n int) error {
	if err := irq.CheckBlock("SetAffinity of an IRQ"); err != nil {
		return err
	}
	i.moving.Lock()
	defer i.moving.Unlock()
	c, err := cpuAt(n)
	switch {
	case err != nil:
		return err
	case i.closing.Load() || !c.EnsureIRQ():
		return ErrShutdown
	case !c.Online() || i.move != nil && !i.move(c): // the latter: since this moment
		return offline(n)
	}
	i.on.Store(int32(n))
	if i.file == nil {
		i.line.SetCPU(c)
	}
	i.look() // the CPU before may have been told, and left it to this one
	return nil
}

// Affinity returns the CPU that serves the line. Context: any. Linux:
// irq_get_affinity_mask().
func (i *IRQ) Affinity() int { return int(i.on.Load()) }

// Free gives the interrupt back: its source is as it was before, what was not taken
// from the line is forgotten, and no handler runs when it returns. Freeing it again
// does nothing. An error says what could not be put back. Context: may block, not the
// line's own handler. Errors: ErrContext, and the line is as it was. Linux: free_irq().
func (i *IRQ) Free() (err error) {
	if err := irq.CheckBlock("Free of an IRQ"); err != nil {
		return err
	}
	if i.own("Free") {
		return fmt.Errorf("%w: Free of an IRQ by its own handler", ErrContext)
	}
	// Whoever is in SetAffinity has left it, and others find closing. The lock is not
	// kept: a handler that is waited for below may be one of them.
	i.moving.Lock()
	again := i.closing.Swap(true)
	i.moving.Unlock()
	if again {
		<-i.gone
		return nil
	}
	if i.file != nil {
		i.file.Stop()
	}
	i.sync()
	irqs.Lock()
	if i.file == nil {
		err = i.line.Close()
	}
	irqs.Unlock()
	close(i.wake) // nobody serves it any more
	i.ended.Wait()
	if i.file != nil {
		err = i.file.Close()
	}
	irqs.Lock() // it stays on the list until now: freeIRQs waits for its tasks
	var list []*IRQ
	for _, other := range *irqs.list.Load() {
		if other != i {
			list = append(list, other)
		}
	}
	irqs.list.Store(&list)
	irqs.Unlock()
	close(i.gone)
	return err
}

// freeIRQs frees what the program has left, waits for what others free, and refuses
// more.
func freeIRQs() {
	irqs.Lock()
	irqs.closed = true
	irqs.Unlock()
	for list := irqs.list.Load(); list != nil && len(*list) > 0; list = irqs.list.Load() {
		_ = (*list)[0].Free()
	}
	irq.CloseBell()
}

// allowIRQs ends freeIRQs: another kernel may come.
func allowIRQs() {
	irqs.Lock()
	irqs.closed = false
	irqs.Unlock()
}
