//go:build linux && amd64 && go1.25 && !go1.28

package goport

import "unsafe"

// getg returns the caller's g.
func getg() uintptr

// onG0 calls fn(arg) on the thread's g0, where nothing preempts it. fn is a
// plain function, not a closure, and is marked norace. What arg points to
// escapes: fn may keep it.
func onG0(fn func(unsafe.Pointer), arg unsafe.Pointer)

// Addresses of the hooks, for the table of sites.

func hookFindPC() uintptr
func hookNextPC() uintptr
func hookResumePC() uintptr
func hookExecutePC() uintptr
func hookGoschedPC() uintptr
func hookGlobalPC() uintptr
func hookLocalPC() uintptr
func hookYieldPC() uintptr
func hookParkPC() uintptr
func hookStopPC() uintptr
func hookReadyPC() uintptr
func hookExitPC() uintptr
func hookNewprocPC() uintptr
func hookSysexitPC() uintptr
func hookProcresizePC() uintptr
func hookNetpollPC() uintptr
func hookGCAssistPC() uintptr
func hookGCStartPC() uintptr
func hookNewcoroPC() uintptr
func hookCoroPC() uintptr
func hookBeforeForkPC() uintptr
func hookAfterForkPC() uintptr
func interruptPC() uintptr

// Called by other assembly only; declared for go vet. The assembly says what
// each is for.

func onG0Body()
func find()
func next()
func run()
func noteAtomic()
func requeue()
func reading()
func stalled()
func undone()
func upcall()
func depart()
func awayPark()
func awayExit()
func newcoro(fn func())
func wake()
func child()
func beforeFork()
func afterFork()
func asked()
func sample()
