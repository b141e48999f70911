// Package goport is the port to Go's runtime: the symbols, struct offsets and
// call sites it depends on, the hooks that stand in the place of those calls,
// and the interrupt entry. Nothing above it knows a runtime name.
//
// # The story
//
// A virtual CPU is an M that has been locked to a goroutine, its idle
// goroutine. To run other goroutines on such a thread, the port does not
// replace Go's scheduler but gives it one more source of work: schedule() calls
// findRunnable(), and on a thread whose GS base is set that call reaches the
// kernel's pick instead. All else stays Go's own: park_m, goschedImpl,
// preemptPark, goexit0, execute and casgstatus do for a task exactly what they
// do for any goroutine, in the same states, with the same trace events, race
// contexts, wait reasons and profiles. A task that can run is _Grunnable and in
// no queue of Go's; one that blocks is _Gwaiting.
//
// A goroutine that becomes runnable is handed by Go to a run queue at few
// places. Those calls are retargeted too: a blocked task carries a mark in
// g.coroarg (a field that only coroutine switches use, and only while they run),
// and a hook that meets the mark gives the task to the kernel.
//
// Goroutines whose I/O is possible are found by Go's network poller, on any
// thread, maybe without a P: tasks among them go to a list, and a CPU makes them
// runnable (netpoll_unsafe.go).
//
// What is retargeted is the displacement of a direct CALL in the runtime's
// text (sites.go). A hook decides by the GS base, or by the mark, whether the
// call is the kernel's business and else jumps to the original callee with
// every argument register untouched, so other goroutines do not notice.
//
// # What was rejected
//
// Switching with runtime.coroswitch_m, as the prototype did: it is the cheapest
// switch, but it leaves a preempted task "waiting" in dumps, profiles and
// traces, breaks `go tool trace` (a coroutine switch to a goroutine that was
// unblocked is no legal event), needs the thread lock donated to each task (so
// iter.Pull inside a task cannot migrate) and two switches where one will do.
// RATIONALE.md says more.
//
// # Contexts
//
// Hooks run on g0 with a P. They do not allocate, do not block, and run no code
// that the race detector has instrumented. interrupt_amd64.s runs in a signal
// handler.
package goport
