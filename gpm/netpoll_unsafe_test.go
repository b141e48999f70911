//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"os"
	"slices"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"
	"golang.org/x/sys/unix"

	"github.com/gokern/gokern/internal/cpu"
)

// pipe returns a pipe: its reader blocks as a connection's does, in Go's poller,
// and its writer is written to by system calls that Go does not see.
func pipe(t *testing.T) (r *os.File, w uintptr) {
	t.Helper()
	var fds [2]int
	require.NoError(t, unix.Pipe2(fds[:], unix.O_NONBLOCK|unix.O_CLOEXEC))
	r = os.NewFile(uintptr(fds[0]), "pipe")
	t.Cleanup(func() {
		r.Close()
		unix.Close(fds[1])
	})
	return r, uintptr(fds[1])
}

var oneByte [1]byte

// poke writes a byte. It is no call that Go knows of: the P stays.
func poke(w uintptr) bool {
	return cpu.Syscall(unix.SYS_WRITE, w, uintptr(unsafe.Pointer(&oneByte)), 1, 0, 0, 0) == 1
}

// threadTime returns the CPU time of the calling thread, in ns.
func threadTime() int64 {
	var ts unix.Timespec
	cpu.Syscall(unix.SYS_CLOCK_GETTIME, unix.CLOCK_THREAD_CPUTIME_ID, uintptr(unsafe.Pointer(&ts)), 0, 0, 0, 0)
	return ts.Nano()
}

// With ordinary goroutines that compute on every P that is not a CPU's, and one
// task that computes on every CPU, so that there is nothing to switch to, nobody
// but the CPUs themselves finds out in time that somebody else's I/O is possible. The
// time is that of the CPU's thread: what the host's other threads take does not
// count. Where the CPUs do not ask, sysmon does, every 10 ms; where no tick has them
// ask, their next pick is sysmon's doing.
func TestNetworkBusyEverywhere(t *testing.T) {
	for name, hog := range map[string]Attr{"Normal": {}, "FIFO": {Policy: FIFO, Priority: 10}} {
		t.Run(name, func(t *testing.T) {
			const rounds = 40
			k := boot(t, Config{Procs: 1})
			r, w := pipe(t)
			var stop atomic.Bool
			defer stop.Store(true)
			var read atomic.Int64
			tasks := []*Task{spawn(t, k, Attr{Policy: FIFO, Priority: 20, CPUs: []int{0}}, func() {
				for b := make([]byte, 1); read.Load() < rounds; {
					if n, err := r.Read(b); n != 1 || err != nil {
						return
					}
					read.Inc()
				}
			})}
			for range 4 {
				go func() {
					for !stop.Load() {
						call(1)
					}
				}()
			}
			took := make(chan []int64, 1)
			for i := range k.cpusLen {
				attr := hog
				attr.CPUs = []int{i}
				tasks = append(tasks, spawn(t, k, attr, func() {
					var list []int64
					for n := int64(1); i == 0 && n <= rounds; n++ {
						for from := threadTime(); threadTime()-from < (1+n*7%10)*1_000_000; { // until the reader has blocked again, and a while more
							call(1)
						}
						from := threadTime()
						if !poke(w) {
							break
						}
						for read.Load() < n && !stop.Load() {
							call(1)
						}
						list = append(list, threadTime()-from)
					}
					if i == 0 {
						took <- list
					}
					for !stop.Load() {
						call(1)
					}
				}))
			}
			select {
			case list := <-took:
				require.Len(t, list, rounds)
				slices.Sort(list)
				t.Logf("median %v, most %v", time.Duration(list[rounds/2]), time.Duration(list[rounds-1]))
				require.Less(t, time.Duration(list[rounds/2]), 1600*time.Microsecond)
			case <-time.After(30 * time.Second):
				require.Fail(t, "the reader was not woken", "%d of %d", read.Load(), rounds)
			}
			require.Positive(t, k.Stats().Total.Polls)
			stop.Store(true)
			wait(t, tasks...)
		})
	}
}

// No wake-up is lost, whatever state the CPUs are in and whoever finds that the
// I/O is possible.
func TestNetworkWakes(t *testing.T) {
	const n = 16
	for name, hogs := range map[string]int{"idle": 0, "busy": 1, "switching": 3} {
		t.Run(name, func(t *testing.T) {
			k := boot(t, Config{})
			var stop atomic.Bool
			defer stop.Store(true)
			var tasks []*Task
			var writers [n]uintptr
			var counts [n]atomic.Int64
			for i := range n {
				r, w := pipe(t)
				writers[i] = w
				attr := Attr{Policy: FIFO, Priority: 1 + i}
				if i%4 == 0 {
					attr = Attr{}
				}
				tasks = append(tasks, spawn(t, k, attr, func() {
					for b := make([]byte, 1); ; {
						if m, err := r.Read(b); m != 1 || err != nil {
							return
						}
						counts[i].Inc()
						if stop.Load() {
							return
						}
					}
				}))
			}
			for i := range hogs * k.cpusLen {
				tasks = append(tasks, spawn(t, k, Attr{CPUs: []int{i % k.cpusLen}}, func() {
					for !stop.Load() {
						call(1)
					}
				}))
			}
			round := int64(0)
			for _, c := range []struct {
				rounds int
				pause  time.Duration
			}{{200, 0}, {50, 2 * time.Millisecond}, {3, 100 * time.Millisecond}} { // 100 ms: idle CPUs are parked
				for range c.rounds {
					time.Sleep(c.pause)
					round++
					for _, w := range writers {
						require.True(t, poke(w))
					}
					late := time.Now().Add(20 * time.Second)
					for i := range counts {
						for counts[i].Load() < round {
							require.True(t, time.Now().Before(late), "reader %d was not woken in round %d", i, round)
							time.Sleep(10 * time.Microsecond)
						}
					}
				}
			}
			s := k.Stats().Total
			t.Logf("%d polls, %d fetches", s.Polls, s.Fetches)
			require.Positive(t, s.Polls)
			require.Positive(t, s.Fetches, "Go's threads never found anything")
			stop.Store(true)
			for _, w := range writers {
				poke(w)
			}
			wait(t, tasks...)
		})
	}
}

//go:norace
func armOnG0(c unsafe.Pointer) { arg[vcpu](c).arm() }

// A task that waits for the network costs nothing while all are idle, even if a
// tick was running.
func TestNetworkIdle(t *testing.T) {
	k := boot(t, Config{Watchdog: -1})
	r, w := pipe(t)
	reader := spawn(t, k, Attr{}, func() { r.Read(make([]byte, 1)) })
	time.Sleep(200 * time.Millisecond)
	for _, c := range k.cpus {
		onG0(armOnG0, c)
	}
	for try := 0; ; try++ {
		time.Sleep(200 * time.Millisecond) // all CPUs are parked by then
		before := k.Stats().Total
		time.Sleep(300 * time.Millisecond)
		after := k.Stats().Total
		if after.Sleeps == before.Sleeps && after.Ticks == before.Ticks && after.Polls == before.Polls {
			break
		}
		require.Less(t, try, 20, "%d sleeps, %d ticks and %d polls of an idle kernel in 300 ms",
			after.Sleeps-before.Sleeps, after.Ticks-before.Ticks, after.Polls-before.Polls)
	}
	require.True(t, poke(w))
	wait(t, reader)
}

// Nor does it have a tick interrupt a task in a system call again and again.
func TestNetworkSyscall(t *testing.T) {
	k := boot(t, Config{Watchdog: -1})
	r, w := pipe(t)
	reader := spawn(t, k, Attr{}, func() { r.Read(make([]byte, 1)) })
	call, end := syscallUntil(t)
	time.Sleep(20 * time.Millisecond) // the reader has blocked
	in := make(chan bool)
	blocked := spawn(t, k, Attr{}, func() {
		close(in)
		call()
	})
	<-in
	fewTicks(t, k)
	end()
	require.True(t, poke(w))
	wait(t, reader, blocked)
}

// Nor where a timer of Go's is due on that CPU, which an ordinary thread runs.
func TestTimerDueInSyscall(t *testing.T) {
	k := boot(t, Config{CPUs: 1, Watchdog: -1})
	call, end := syscallUntil(t)
	due := make(chan bool)
	blocked := spawn(t, k, Attr{}, func() {
		time.AfterFunc(50*time.Millisecond, func() { close(due) })
		Sleep(time.Millisecond) // the pick sees when that is
		call()
	})
	<-due
	onG0(armOnG0, k.cpus[0])
	fewTicks(t, k)
	end()
	wait(t, blocked)
}

// syscallUntil returns a system call, which lasts until end is called, or the test ends.
func syscallUntil(t *testing.T) (call, end func()) {
	var fds [2]int
	require.NoError(t, unix.Pipe2(fds[:], unix.O_CLOEXEC))
	end = sync.OnceFunc(func() { unix.Close(fds[1]) })
	t.Cleanup(func() {
		end()
		unix.Close(fds[0])
	})
	return func() {
		for n := -1; n < 0; n, _ = unix.Read(fds[0], make([]byte, 1)) {
		}
	}, end
}

// fewTicks requires that there are few ticks, soon.
func fewTicks(t *testing.T, k *Kernel) {
	t.Helper()
	for try := 0; ; try++ {
		before := k.Stats().Total
		time.Sleep(300 * time.Millisecond)
		after := k.Stats().Total
		if after.Ticks-before.Ticks < 30 {
			return
		}
		require.Less(t, try, 20, "%d ticks of a task in a system call", after.Ticks-before.Ticks)
	}
}

// What Go's threads call without a P has no write barrier, which needs one.
func TestNoWriteBarrier(t *testing.T) {
	p := loadProgram(t)
	reaches := func(root string) (path string) {
		seen := map[uint64]bool{}
		var visit func(name, to string)
		visit = func(name, to string) {
			for i := range p.table.Funcs {
				f := &p.table.Funcs[i]
				if f.Name != name || seen[f.Entry] {
					continue
				}
				seen[f.Entry] = true
				callees, _ := p.calls(f)
				for _, callee := range callees {
					if fullMatch(`runtime\.(gcWriteBarrier\d?|wbMove|wbZero|typedmemmove)(\.abi0)?`, callee.Name) {
						path = to + " -> " + callee.Name
					}
					if isAllowed(callee.Name) {
						continue
					}
					visit(callee.Name, to+" -> "+callee.Name)
				}
			}
		}
		visit(root, root)
		require.NotEmpty(t, seen, "%s is not in the program", root)
		return path
	}
	require.Empty(t, reaches(port+"goNetpoll"))
	require.Empty(t, reaches(here+"polled"))
	require.NotEmpty(t, reaches(here+"wake"), "the check finds none where there is one")
}
