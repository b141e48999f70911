//go:build linux && amd64 && go1.25 && !go1.28

package goport

import (
	"runtime"
	"slices"
	"time"

	"github.com/gokern/gokern/internal/cpu"
)

// Backtrace returns where the thread tid of CPU b is at this moment and its
// callers, as runtime.Callers would; nil if the thread does not answer within
// patience, because it has the signal blocked or Linux runs others. It needs
// nothing of what runs there: runtime.Stack would stop the world, which waits for
// the end of an atomic section and with it all goroutines. Context: an ordinary
// goroutine, one at a time; it sleeps.
func Backtrace(b *cpu.Block, tid int32, patience time.Duration) []uintptr {
	cpu.Store32(&b.SampleLen, 0)
	cpu.Store32(&b.Trace, 1)
	Interrupt(tid)
	for end := time.Now().Add(patience); cpu.Load32(&b.SampleLen) == 0; time.Sleep(100 * time.Microsecond) {
		if time.Now().After(end) {
			cpu.Store32(&b.Trace, 0)
			return nil
		}
	}
	pcs, top := copySample(b)
	if len(pcs) == 0 {
		return nil // somebody else has asked for another
	}
	at := pcs[0]
	pcs[0]++ // as if it were a return address
	if f := runtime.FuncForPC(at); f != nil && f.Entry() == at {
		pcs = slices.Insert(pcs, 1, top)
	}
	return pcs
}

// copySample copies what the handler has noted.
//
//go:norace
func copySample(b *cpu.Block) (pcs []uintptr, top uintptr) {
	for i := range b.SampleLen {
		pcs = append(pcs, b.Sample[i])
	}
	return pcs, b.SampleTop
}
