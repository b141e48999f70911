//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"os"
	"runtime"
	"runtime/debug"
)

// restoreProcs makes GOMAXPROCS what it was. A P that goes away while the heap is
// swept takes with it the cleanups (runtime.AddCleanup) that it has queued, up to
// go1.27: they run when there are as many Ps again, perhaps never. So the sweep
// is finished before.
func (k *Kernel) restoreProcs() {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	runtime.GC()
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.SetDefaultGOMAXPROCS() // keeps following the machine, if it did
	}
	if runtime.GOMAXPROCS(0) != k.oldProcs {
		runtime.GOMAXPROCS(k.oldProcs)
	}
}
