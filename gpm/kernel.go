//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"time"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
	"github.com/gokern/gokern/internal/heap"
	"github.com/gokern/gokern/internal/topology"
	"golang.org/x/sys/unix"
)

// Kernel is a running kernel: its CPUs and its tasks.
type Kernel struct {
	config       Config
	machine      *topology.Machine
	cpus         []*vcpu
	cpusLen      int
	all          *mask
	wide         unix.CPUSet // the CPUs of the machine that the process may use
	asyncPreempt bool        // Go preempts between any two instructions
	perNs        float64     // time-stamp counts in a nanosecond
	ms           uint64      // and in a millisecond
	sliceMin     uint64      // half a slice: a shorter one is not ended by a tick
	fairPeriod   uint64      // of the fair server, in time-stamp counts
	fairBudget   int64       // what Normal tasks get in it, likewise; less than 0: nothing
	netEvery     int64       // time-stamp counts between two looks at the network
	nap          int64       // how long an idle CPU sleeps before it looks around, ns

	// Protected by listLock, which is taken on g0 only.
	listLock uint32
	tasks    *Task // all that live, linked by nextT
	dead     *Task // ended ones that somebody waits for, linked by reap
	spares   *Task // for goroutines that inherit, linked by reap
	nspares  int32
	recent   *attrs // the last that was made
	plain    *attrs // of the zero Attr
	away     *Task  // those that went with their thread, linked by nextAway
	parents  *Task  // those whose goroutines found no spare, linked by nextParent

	online    idlers // CPUs that are online; changed with hotplug
	downs     uint32 // how many are not
	idle      idlers // CPUs that run no task
	queuedRT  uint32 // tasks above Normal that wait, in all queues
	inherits  uint32 // 1: some task inherits, so spares are wanted
	live      int64  // tasks that have not ended
	lastID    int64
	promised  int64     // bandwidth of all Deadline tasks, with the following; protected by listLock
	lingering heap.Heap // promises of those that are none any more; likewise

	root   *Group
	floors floors

	classMu   sync.Mutex
	classes   []*class // by Policy; protected by classMu
	lastClass int      // number of the last; likewise

	counts counts

	modelMu    sync.Mutex // serialises changes of the preemption model
	modelEnded bool       // there are to be no more; protected by modelMu

	netWatched uint32 // 1: an idle CPU watches Go's poller

	helper     goport.Sleeper // wakes the helper goroutine
	helperDone chan struct{}
	stopping   uint32 // 1: no new tasks
	stopped    uint32 // 1: the helper ends
	empty      chan struct{}
	shut       bool // empty is closed, or about to be: no task may begin; protected by listLock
	endOnce    sync.Once
	ended      chan error // what the end of the kernel has come to, once; then closed

	bootCycles uint64
	bootTime   time.Time
	oldProcs   int
	done       sync.WaitGroup // the CPUs' idle goroutines
	hotplug    hotplug
	dog        *watchdog
	far        *time.Timer // see watchTimers
}

var (
	bootMu sync.Mutex // serialises Boot and Shutdown
	booted *Kernel    // protected by bootMu
)

// Boot starts a kernel: it takes CPUs threads for virtual CPUs, retargets the
// runtime's calls, and runs a self-test. On an error nothing has changed: the
// error wraps ErrUnsupported, with what is missing, ErrConfig or ErrBooted.
// Context: an ordinary goroutine.
func Boot(config Config) (*Kernel, error) {
	bootMu.Lock()
	defer bootMu.Unlock()
	if booted != nil {
		return nil, ErrBooted
	}
	if !cpu.HasFSGSBase() {
		return nil, fmt.Errorf("%w: the kernel or the processor lacks FSGSBASE (Linux 5.9 or later has it)", ErrUnsupported)
	}
	wide, allowed, err := allowedCPUs()
	if err != nil {
		return nil, fmt.Errorf("%w: sched_getaffinity: %v", ErrUnsupported, err)
	}
	machine := topology.Read(sysfs, allowed)
	if config, err = config.complete(machine.Order()); err != nil {
		return nil, err
	}
	if _, err := goport.Resolve(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	k := &Kernel{
		config: config, machine: machine, cpusLen: config.CPUs, all: maskOf(nil, config.CPUs), wide: wide, asyncPreempt: goport.AsyncPreemptOff() == "",
		helperDone: make(chan struct{}), empty: make(chan struct{}), ended: make(chan error, 1),
	}
	k.bootCycles, k.bootTime = now()
	k.counts = newCounts()
	k.nap = nap
	if !k.asyncPreempt {
		k.nap = shortNap
	}
	k.measureTime()
	k.root = &Group{k: k, attr: &GroupAttr{Name: "root", Weight: defaultGroupWeight, Period: defaultGroupPeriod}}
	k.plain = k.derive(Attr{}, nil)
	k.dog = newWatchdog(k)
	if err := k.start(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	if err := k.selfTest(); err != nil {
		return nil, fmt.Errorf("%w: self-test: %w", ErrUnsupported, k.giveUp(err))
	}
	k.setModel(config.Preemption)
	k.dog.start()
	booted = k
	if off := goport.AsyncPreemptOff(); off != "" {
		config.Logger.Warn("gokern: tasks are preempted at function prologues only", "GODEBUG", off)
	}
	return k, nil
}

// start takes everything that stop gives back.
func (k *Kernel) start() error {
	k.oldProcs = runtime.GOMAXPROCS(0) // Patch, which restarts the world, may raise it already
	cpu.SetPossible(k.cpusLen)
	goport.SetSlice(int64(k.config.Slice))
	goport.SetScheduler(goport.Scheduler{Pick: pick, Requeue: requeue, Wake: wake, Child: child, Stalled: stalled, Undone: undone,
		Depart: depart, Away: putAway, FindAway: findAway, Exited: awayExited, Reading: reading, Polled: polled}, k.cpusLen)
	kern = k
	if _, err := goport.InstallInterrupt(); err != nil {
		return err
	}
	if err := goport.Patch(); err != nil {
		goport.ReleaseProcs()
		return errors.Join(err, goport.RemoveInterrupt())
	}
	runtime.GOMAXPROCS(k.cpusLen + k.config.Procs)
	ready := make(chan error)
	var failed error
	for i := range k.cpusLen {
		c := &vcpu{k: k, pin: k.config.Pin[i]}
		c.ID = int32(i)
		c.number, c.curPrio = uint32(i)+1, -1
		c.grain = int64(k.sliceMin) / 16
		c.Area = cpu.Area(i)
		c.irq.Init(&c.Block, &c.idle, &c.tid)
		k.cpus = append(k.cpus, c)
		k.idle.set(c.ID)
		k.online.set(c.ID)
	}
	go k.help()
	k.seatNeighbours()
	k.seatReaders()
	for _, c := range k.cpus {
		k.done.Add(1)
		go c.main(ready, k.done.Done)
		if failed = <-ready; failed != nil {
			break
		}
	}
	k.seatInterrupts()
	if failed != nil {
		return errors.Join(failed, k.stop())
	}
	return nil
}

// allowedCPUs returns the machine's CPUs that the process may use.
func allowedCPUs() (set unix.CPUSet, list []int, err error) {
	if err := unix.SchedGetaffinity(unix.Getpid(), &set); err != nil {
		return set, nil, err
	}
	for i := range len(set) * 64 {
		if set.IsSet(i) {
			list = append(list, i)
		}
	}
	return set, list, nil
}

// duration converts time-stamp counts, by how many there were since Boot.
func (k *Kernel) duration(cycles int64) time.Duration {
	total, at := now()
	total -= k.bootCycles
	if total == 0 {
		return 0
	}
	return time.Duration(float64(cycles) / float64(total) * float64(at.Sub(k.bootTime)))
}

// now returns the time-stamp counter and the time, both of one moment: between two
// looks the host may have others run for long.
func now() (cycles uint64, at time.Time) {
	least := uint64(math.MaxUint64)
	for range 10 {
		from := cpu.Cycles()
		t := time.Now()
		if took := cpu.Cycles() - from; took < least {
			least, cycles, at = took, from+took/2, t
		}
		if least < 2000 { // a microsecond or less
			break
		}
	}
	return cycles, at
}

// measureTime learns how fast the time-stamp counter is.
func (k *Kernel) measureTime() {
	for time.Since(k.bootTime) < time.Millisecond {
	}
	cycles, at := now()
	k.perNs = float64(cycles-k.bootCycles) / float64(at.Sub(k.bootTime))
	k.ms = uint64(k.perNs * float64(time.Millisecond))
	k.fairPeriod, k.fairBudget = uint64(k.perNs*1e9), int64(k.perNs*float64(k.config.FairServer))
	k.sliceMin = uint64(k.perNs * float64(k.config.Slice) / 2) // ticks do not start with the slice
	k.netEvery = int64(k.perNs * float64(netEvery))
	goport.SetNetLate(k.sliceMin)
}
