// Package lock is the kernel's locks, with Linux's names and meanings: those that
// spin, for tasks, and those that sleep, for tasks and ordinary goroutines.
//
// # Spinning
//
// A spinning lock protects what is used for a moment: a few stores, a list. It
// disables preemption, so its holder is neither preempted nor moved, and whoever
// waits for it waits about as long as the section lasts. SpinLock is the one to
// use; RawSpinLock is the same for what must spin under any other rules;
// TicketLock and MCSLock are fair, and there to compare. RWLock lets readers in
// together. SeqCount, SeqLock and SeqLatch let readers read without writing
// anything, and again if a writer came between. LocalLock names a section that
// protects data of one CPU.
//
// A section must not block, and not take long: nothing else runs on its CPU. It
// may allocate: an allocation neither helps the garbage collector nor starts a
// collection there.
//
// Spinning locks belong to tasks, for only a task has a CPU to itself. Any use by
// an ordinary goroutine is a BUG that names the caller, and changes nothing;
// readers of SeqCount, SeqLock and SeqLatch, which lock nothing, may be anyone.
//
// # Who waits, and for whom
//
// The holder is never preempted by the kernel, but Linux below may take away the
// thread that is its CPU, and Go may want to stop the world. Both decide
// how a waiter waits.
//
// For some microseconds it polls, with pauses that grow: nearly all sections have
// ended by then. After that the holder is probably not running, and every further
// poll takes time from it, or from whoever could let it run. So the waiter gives its
// own thread's turn to Linux, as a paravirtual spinlock gives its virtual CPU's to
// the hypervisor, first by sched_yield, then by short sleeps.
//
// It does so by an ordinary system call, one that Go knows about. During that Go
// may take the P, so a waiter with preemption disabled never keeps the world from
// stopping for longer than it polls. That matters beyond latency: the holder may
// be the one that stops the world, or be stopped already. A waiter that only polled
// would wait for the holder, and the holder for the waiter.
//
// SpinLock's waiters are preemptible where the caller was (as with Linux's
// lock-break), for they hold nothing yet. Those that have a place in a queue are
// not: all behind them would wait with them.
//
// # Sleeping
//
// A sleeping lock (Mutex, RTMutex, WWMutex, RWSem, PerCPURWSem, Semaphore,
// Completion, WaitQueue) blocks who waits, so that others can run meanwhile. It is
// for tasks and ordinary goroutines alike, also before a kernel is booted; who
// waits is blocked as any goroutine is. What takes one may block. What releases
// one never waits, and is allowed in atomic context and in interrupts too, except
// where its doc comment says otherwise; waitlock.go has how.
package lock
