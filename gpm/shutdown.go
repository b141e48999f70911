//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
	"github.com/gokern/gokern/internal/irq"
	"github.com/gokern/gokern/internal/readers"
)

// giveUp stops a kernel that has failed its self-test, for the reason why, which
// it returns. The test's tasks end by themselves, if tasks can run at all; if
// they do not, nothing can be put back before they do.
func (k *Kernel) giveUp(why error) error {
	cpu.Store32(&k.stopping, 1)
	k.helper.Wake()
	select {
	case <-k.empty:
		return errors.Join(why, k.stop())
	case <-time.After(giveUpAfter):
	}
	booted = k
	go func() {
		<-k.empty
		bootMu.Lock()
		defer bootMu.Unlock()
		_ = k.stop()
		booted = nil
	}()
	return fmt.Errorf("%w, and its tasks have not ended after %v: what Boot has changed stays until they do", why, giveUpAfter)
}

var giveUpAfter = selfTestTimeout

// stop ends the CPUs and puts everything back as it was. No task lives. An error
// says what could not be put back.
func (k *Kernel) stop() error {
	k.endModel()
	k.hotplug.end()
	k.endClasses()
	if irq.StopWork != nil {
		irq.StopWork()
	}
	irq.Stop()
	for _, c := range k.cpus {
		if c.thread() != 0 {
			onG0(quitOnG0, c)
		}
	}
	k.done.Wait()
	readers.SetCPUs(nil)
	cpu.Store32(&k.stopped, 1)
	k.helper.Wake()
	<-k.helperDone
	k.watchTimers() // there are none
	goport.ReleaseProcs()
	err := errors.Join(goport.Unpatch(), goport.RemoveInterrupt())
	k.restoreProcs()
	k.waitThreads()
	if err != nil {
		return fmt.Errorf("gokern: not all is as before Boot: %w", err)
	}
	return nil
}

// waitThreads waits until the CPUs' threads have ended.
func (k *Kernel) waitThreads() {
	for _, c := range k.cpus {
		for c.thread() != 0 && c.thread() != unix.Getpid() && unix.Tgkill(unix.Getpid(), c.thread(), 0) == nil {
			time.Sleep(50 * time.Microsecond)
		}
	}
}

// Shutdown refuses new tasks, waits until all have ended, and work items and callbacks
// of interrupts and timers too, and then puts everything back as it was before Boot:
// threads, timers, the runtime's text, GOMAXPROCS. If ctx ends first it returns ctx's
// error, what runs goes on, and Shutdown may be called again; until it has come to its
// end Boot returns ErrBooted. Any other error says what could not be put back; the
// kernel is gone then too. Context: an ordinary goroutine. Errors: ErrTask,
// ErrShutdown if another call has shut k down.
func (k *Kernel) Shutdown(ctx context.Context) error {
	if current() != nil {
		return fmt.Errorf("%w: Shutdown from a task", ErrTask)
	}
	cpu.Store32(&k.stopping, 1)
	k.helper.Wake()
	select {
	case <-k.empty:
	case <-ctx.Done():
		return ctx.Err()
	}
	k.endOnce.Do(func() { go k.end() })
	select {
	case err, first := <-k.ended:
		if !first {
			return ErrShutdown
		}
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// end stops the kernel, which is empty, and says what came of it.
func (k *Kernel) end() {
	k.dog.stop()
	err := k.stop()
	bootMu.Lock()
	booted = nil
	bootMu.Unlock()
	k.ended <- err
	close(k.ended)
}
