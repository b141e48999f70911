//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
)

// class is a registered Class.
//
// The user's code cannot run on g0, where the scheduler does: it may allocate, grow
// its stack, block, and is instrumented. So each class has an agent, a task of the
// highest priority. Code on g0 puts tasks that can run on the class's list and
// wakes the agent, which tells the class, asks it for a task for each CPU that has
// none of its tasks (a slot that is vacant), and puts that on the CPU's queue, where it
// is like any Normal task until it blocks, yields, or the agent recalls it.
// ghOSt does the same for processes, with an agent in user space.
type class struct {
	k       *Kernel
	user    Class
	name    string
	policy  Policy
	number  int // in the order of Register
	timeout time.Duration
	agent   goport.Sleeper
	task    *Task // the agent's

	// Protected by lock, which is taken on g0 only.
	lock           uint32
	ended          bool // its tasks are Normal
	blocked        bool // so they are until the agent goes on
	stops          int  // how often that was so; for tests
	waiting        int32
	first, last    *Task // those that wait in it, by age
	news, newsLast *Task // those that it is to be told of
	slots          []slot

	// The watchdog's.
	oldest     uint64
	excused    uint64 // until when the agent had no CPU
	agentTurns int64  // it had had when last looked at

	// The agent's.
	args classArgs

	sleeps uint32 // 1: the agent has nothing to do
	quit   uint32 // 1: it is to end
	why    error  // why it has ended; protected by the kernel's classMu
}

// Register makes c a policy, for Attr.Policy. If one of its tasks waits for longer
// than timeout (0: 30 s, as in Linux), or a method of it panics, it is ended:
// its tasks are run as Normal ones, that is logged, and PolicyErr says why. It is
// the watchdog that sees the former: not without one (Config.Watchdog). The methods are
// called with the priority of a FIFO task of 99; while Deadline and other such tasks leave
// them no CPU the class decides nothing, and that time does not count. Shutdown waits
// for a method that does not return.
// Context: any goroutine that may block. Errors: ErrAttr if there are too many,
// ErrShutdown. Linux: bpf_scx_reg().
func (k *Kernel) Register(name string, c Class, timeout time.Duration) (Policy, error) {
	if c == nil || timeout < 0 {
		return 0, badAttr("no Class, or a negative timeout")
	}
	if timeout == 0 {
		timeout = 30 * time.Second
	}
	k.classMu.Lock()
	defer k.classMu.Unlock()
	if cpu.Load32(&k.stopping) != 0 {
		return 0, ErrShutdown
	}
	i := k.freePolicy()
	if i < 0 {
		return 0, badAttr("%d classes are registered, or have tasks still", maxClasses)
	}
	k.lastClass++
	cl := &class{k: k, user: c, name: name, policy: firstClass + Policy(i), number: k.lastClass, timeout: timeout, slots: make([]slot, k.cpusLen)}
	cl.args.cl = cl
	if i == len(k.classes) {
		k.classes = append(k.classes, cl)
	} else {
		k.classes = slices.Clone(k.classes) // the watchdog may look at the old ones
		k.classes[i] = cl
	}
	cl.task = k.spawnAgent(cl, "class "+name, MaxPriority, cl.run)
	return cl.policy, nil
}

// freePolicy returns the place for a new class in k.classes, -1 if there is none. One that
// was unregistered is used again, the longest ago first, if all numbers have been used, no
// method of it runs, and no task has it in its Attr. classMu is held.
func (k *Kernel) freePolicy() int {
	if len(k.classes) < maxClasses {
		return len(k.classes)
	}
	best := -1
	for i, cl := range k.classes {
		if cl.task.State() == Dead && (best < 0 || cl.number < k.classes[best].number) && !cl.inAttrs() {
			best = i
		}
	}
	return best
}

// Unregister ends a class: its tasks become Normal. It waits for a method of the class
// that is running to return, unless it is called by one; none is called any more then.
// A later Register may return the same Policy again, once no task has it in its Attr;
// until then PolicyErr knows it. Context: any goroutine that may block; a method of the
// class must not have to wait for it. Errors: ErrAttr if there is no such class.
// Linux: bpf_scx_unreg().
func (k *Kernel) Unregister(p Policy) error {
	cl := k.class(p)
	if cl == nil {
		return badAttr("unknown Policy %v", p)
	}
	cl.end(errUnregistered)
	cpu.Store32(&cl.quit, 1)
	cl.agent.Wake()
	if t := current(); t != nil && t.agentOf == cl {
		return nil
	}
	return cl.task.Wait(context.Background())
}

var (
	errUnregistered = fmt.Errorf("%w: unregistered", ErrPolicy)
	errStalled      = fmt.Errorf("%w: it has left a task waiting for too long", ErrPolicy)
)

// PolicyErr returns why a class has been ended, nil if it has not: ErrPolicy, with
// the reason. Context: any goroutine that may block. Errors: also ErrAttr if there is no
// such class.
func (k *Kernel) PolicyErr(p Policy) error {
	cl := k.class(p)
	if cl == nil {
		return badAttr("unknown Policy %v", p)
	}
	k.classMu.Lock()
	defer k.classMu.Unlock()
	return cl.why
}

// class returns the registered class, nil if there is none.
func (k *Kernel) class(p Policy) *class {
	k.classMu.Lock()
	defer k.classMu.Unlock()
	if i := int(p) - int(firstClass); i >= 0 && i < len(k.classes) {
		return k.classes[i]
	}
	return nil
}

// end makes the class's tasks Normal, for the reason why. It allocates nothing
// before they are: the collector may wait for one of them.
func (cl *class) end(why error) {
	cl.k.classMu.Lock()
	first := cl.why == nil
	if first {
		cl.why = why
	}
	cl.k.classMu.Unlock()
	onG0(ejectOnG0, cl)
	if first && why != errUnregistered {
		cl.k.config.Logger.Error("gokern: a class is ended, its tasks are Normal now", "class", cl.name, "error", why)
	}
}

// endClasses ends the agents. No task lives.
func (k *Kernel) endClasses() {
	k.classMu.Lock()
	classes := k.classes // there will be no more
	k.classMu.Unlock()   // a method may want it
	for _, cl := range classes {
		cpu.Store32(&cl.quit, 1)
		cl.agent.Wake()
	}
	for _, cl := range classes {
		for cl.task.State() != Dead {
			time.Sleep(50 * time.Microsecond)
		}
	}
}

// run is the agent.
func (cl *class) run() {
	for cpu.Load32(&cl.quit) == 0 {
		cpu.Store32(&cl.sleeps, 1)
		cl.agent.Sleep()
		cpu.Store32(&cl.sleeps, 0)
		if why := cl.turn(); why != nil {
			cl.end(why)
		}
	}
}

// turn does what there is to do. It returns what the class has done wrong.
func (cl *class) turn() (why error) {
	defer func() {
		if v := recover(); v != nil {
			why = fmt.Errorf("%w: it panicked: %v\n%s", ErrPolicy, v, debug.Stack())
		}
	}()
	for i := range cl.slots {
		if t, ticked := cl.slot(i); t != nil && ticked && !cl.isEnded() && cl.user.Tick(i, t) {
			cl.recall(i, t)
		}
	}
	for cl.tell() {
	}
	if cl.isEnded() {
		return nil
	}
	for i := range cl.slots {
		if t, _ := cl.slot(i); t != nil || !cl.k.online.has(int32(i)) {
			continue
		}
		for {
			next := cl.user.Pick(i)
			if next == nil {
				break
			}
			done, known := cl.dispatch(i, next)
			if !known {
				return fmt.Errorf("%w: Pick returned a task that does not wait", ErrPolicy)
			}
			if done {
				break
			}
		}
	}
	cl.tick()
	return nil
}

// tell tells the class of some tasks, and reports whether there may be more.
func (cl *class) tell() bool {
	for i := range cl.fetch() {
		t, news := cl.args.told(i)
		if cl.isEnded() {
			continue
		}
		if news.dequeue {
			cl.user.Dequeue(t)
		}
		if news.moves {
			cl.move(t)
		}
		if !news.enqueue {
			continue
		}
		cl.user.Enqueue(t)
		for i := range cl.slots {
			// A CPU of its own is better than one that another has.
			if cur, _ := cl.slot(i); cur != nil && cl.full() && cl.user.Preempts(t, cur) {
				cl.recall(i, cur)
				break
			}
		}
	}
	return cl.args.count() != 0
}

// full reports whether each CPU has a task of the class.
func (cl *class) full() bool {
	for i := range cl.slots {
		if t, _ := cl.slot(i); t == nil && cl.k.online.has(int32(i)) {
			return false
		}
	}
	return true
}

// What follows is not instrumented: it shares cl.args with code on g0. The agent's
// calls of the class are, and so is what the class does.

//go:norace
func (cl *class) fetch() int {
	onG0(newsOnG0, &cl.args)
	return cl.args.n
}

//go:norace
func (a *classArgs) told(i int) (*Task, newsOf) { return a.news[i].t, a.news[i].newsOf }

//go:norace
func (cl *class) move(t *Task) {
	cl.args.t = t
	onG0(moveOnG0, &cl.args)
}

//go:norace
func (a *classArgs) count() int { return a.n }

//go:norace
func (cl *class) slot(i int) (t *Task, ticked bool) {
	cl.args.slot = int32(i) + 1
	onG0(slotOnG0, &cl.args)
	return cl.args.t, cl.args.ok
}

//go:norace
func (cl *class) recall(i int, t *Task) {
	cl.args.slot, cl.args.t = int32(i)+1, t
	onG0(recallOnG0, &cl.args)
}

//go:norace
func (cl *class) dispatch(i int, t *Task) (done, known bool) {
	cl.args.slot, cl.args.t = int32(i)+1, t
	onG0(dispatchOnG0, &cl.args)
	return cl.args.ok, cl.args.t != nil
}

// tick has the CPUs of its tasks tick, if others wait.
//
//go:norace
func (cl *class) tick() {
	for i := range cl.slots {
		if cl.waiting > 0 && cl.slots[i].task != nil {
			cl.args.slot = int32(i) + 1
			onG0(tickOnG0, &cl.args)
		}
	}
}

//go:norace
func (cl *class) isEnded() bool { return cl.ended }

// stalledFor returns how long a task has waited in the class.
//
//go:norace
func (cl *class) stalledFor() time.Duration {
	onG0(oldestOnG0, cl)
	if cl.oldest == 0 {
		return 0
	}
	return cl.k.duration(int64(cpu.Cycles() - cl.oldest))
}

// classesWait reports whether tasks wait in a class, though all CPUs may be parked.
func (k *Kernel) classesWait() bool {
	k.classMu.Lock()
	defer k.classMu.Unlock()
	for _, cl := range k.classes {
		if cl.stalledFor() != 0 {
			return true
		}
	}
	return false
}

// lookAtClasses ends those that leave a task waiting for too long. What they wait while
// the agent has no CPU, beside Deadline and FIFO tasks that leave it none, is not the
// class's fault.
func (w *watchdog) lookAtClasses() {
	w.k.classMu.Lock()
	classes := w.k.classes
	w.k.classMu.Unlock()
	for _, cl := range classes {
		lasted := cl.stalledFor()
		if cl.agentWaits() {
			continue
		}
		if lasted = min(lasted, cl.sinceExcused()); lasted > cl.timeout {
			cl.end(errStalled)
			// The agent may be at fault: it must not keep others from running.
			_ = cl.task.SetAttr(Attr{Name: cl.task.Name(), Policy: Idle})
		}
	}
}

// agentWaits reports whether the agent waits for a CPU. If it has had none since the last
// look either, the time up to now does not count. Context: the watchdog.
//
//go:norace
func (cl *class) agentWaits() bool {
	n, waits := cl.task.switches, cl.task.isQueued()
	if waits && n == cl.agentTurns {
		cl.excused = cpu.Cycles()
	}
	cl.agentTurns = n
	return waits
}

// sinceExcused returns for how long the agent has not been waiting for a CPU as above.
//
//go:norace
func (cl *class) sinceExcused() time.Duration {
	return cl.k.duration(int64(cpu.Cycles() - max(cl.excused, cl.k.bootCycles)))
}
