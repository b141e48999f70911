//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"
	"golang.org/x/sys/unix"
)

// profile is what `go tool pprof -raw` says of one.
type profile struct {
	values map[string]int // first value of the samples, by all functions on the stack
	leaves map[string]int // and by the innermost one
	labels map[string]int // and by label, as "key:[value]"
	total  int
}

var (
	sampleLine   = regexp.MustCompile(`^ *(\d+)(?: +\d+)*: ([\d ]+)$`)
	labelLine    = regexp.MustCompile(`^ {16,}(\w+:\[.*\])$`)
	locationLine = regexp.MustCompile(`^ *(\d+): 0x[0-9a-f]+ M=\d+ (?:\[F\] ?)?(\S+)`)
	moreLine     = regexp.MustCompile(`^ {10,}(\S+) \S+:\d+`) // what has been inlined there
)

// readProfile has the toolchain read a profile.
func readProfile(t *testing.T, data []byte) *profile {
	t.Helper()
	file := t.TempDir() + "/profile"
	require.NoError(t, os.WriteFile(file, data, 0o600))
	out, err := exec.Command("go", "tool", "pprof", "-symbolize=none", "-raw", file).Output()
	require.NoError(t, err, "%s", out)
	samples, locations, found := strings.Cut(string(out), "\nLocations\n")
	require.True(t, found, "%.500s", out)
	names, last := map[string][]string{}, ""
	for _, l := range strings.Split(locations, "\n") {
		if m := locationLine.FindStringSubmatch(l); m != nil {
			last = m[1]
			names[last] = append(names[last], m[2])
		} else if m := moreLine.FindStringSubmatch(l); m != nil && last != "" {
			names[last] = append(names[last], m[1])
		}
	}
	p := &profile{values: map[string]int{}, leaves: map[string]int{}, labels: map[string]int{}}
	n := 0
	for _, l := range strings.Split(samples, "\n") {
		if m := sampleLine.FindStringSubmatch(l); m != nil {
			var err error
			n, err = strconv.Atoi(m[1])
			require.NoError(t, err)
			p.total += n
			seen := map[string]bool{}
			for i, id := range strings.Fields(m[2]) {
				for _, name := range names[id] {
					name = name[strings.LastIndex(name, "/")+1:]
					if i == 0 && len(seen) == 0 {
						p.leaves[name] += n
					}
					if !seen[name] {
						p.values[name] += n
					}
					seen[name] = true
				}
			}
		} else if m := labelLine.FindStringSubmatch(l); m != nil {
			p.labels[m[1]] += n
		}
	}
	return p
}

// Three functions that compute, which the profile must tell apart.

//go:noinline
func busyOne(stop *atomic.Bool) (x int) { return busy(stop, 1) }

//go:noinline
func busyTwo(stop *atomic.Bool) (x int) { return busy(stop, 2) }

//go:noinline
func busyThree(stop *atomic.Bool) (x int) { return busy(stop, 3) }

//go:noinline
func busy(stop *atomic.Bool, x int) int {
	for !stop.Load() {
		for range 1000 {
			x ^= x << 13
			x ^= x >> 7
		}
		x += call(x & 63) // for a preemption at a prologue
	}
	return x
}

// cpuTime returns how much this process has used.
func cpuTime(t *testing.T) time.Duration {
	var u unix.Rusage
	require.NoError(t, unix.Getrusage(unix.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// While the CPU profile is taken, by a signal of its own, tasks are preempted as
// ever; and it shows each task's functions, callers and labels, by the time that
// each has run.
func TestCPUProfile(t *testing.T) {
	k := boot(t, Config{CPUs: 2, Slice: 1370 * time.Microsecond}) // samples come each 10 ms
	var b bytes.Buffer
	require.NoError(t, pprof.StartCPUProfile(&b))
	defer pprof.StopCPUProfile()
	before := k.Stats().Total
	var stop atomic.Bool
	defer stop.Store(true)
	var tasks []*Task
	for i, f := range []func(*atomic.Bool) int{busyOne, busyTwo, busyThree} {
		cpus := []int{i / 2} // the first two share a CPU
		pprof.Do(context.Background(), pprof.Labels("task", string('1'+rune(i))), func(context.Context) {
			tasks = append(tasks, spawn(t, k, Attr{CPUs: cpus}, func() { f(&stop) }))
		})
	}
	var woken atomic.Int32
	high := spawn(t, k, Attr{Policy: FIFO, Priority: 1, CPUs: []int{0}}, func() {
		for !stop.Load() {
			time.Sleep(time.Millisecond)
			woken.Inc()
		}
	})
	// CPU time for some hundred samples, however long a busy machine takes for that.
	for start := cpuTime(t); cpuTime(t)-start < 1500*time.Millisecond; {
		time.Sleep(10 * time.Millisecond)
	}
	stop.Store(true)
	wait(t, append(tasks, high)...)
	pprof.StopCPUProfile()
	after := k.Stats().Total

	p := readProfile(t, b.Bytes())
	t.Logf("one ran %v, two %v", tasks[0].Runtime(), tasks[1].Runtime())
	t.Logf("%d samples, %d wake-ups, %d preemptions; %v %v", p.total, woken.Load(), after.Async+after.Sync-before.Async-before.Sync, p.values, p.labels)
	one, two, three := p.values["gpm.busyOne"], p.values["gpm.busyTwo"], p.values["gpm.busyThree"]
	require.GreaterOrEqual(t, one+two+three, 50)
	require.GreaterOrEqual(t, float64(one+two+three), 0.8*float64(p.total), "the rest of the samples is elsewhere")
	require.InDelta(t, one, two, 0.5*float64(one+two), "these have shared a CPU")
	require.GreaterOrEqual(t, float64(p.values["gpm.busy"]), 0.9*float64(one+two+three), "busyN call it")
	require.GreaterOrEqual(t, p.values["gpm.taskMain"], one+two+three)
	for i, n := range []int{one, two, three} {
		labelled := p.labels["task:["+string('1'+rune(i))+"]"]
		require.GreaterOrEqual(t, labelled, n, "all samples of the task's have its label")
		require.LessOrEqual(t, float64(labelled), 1.1*float64(n)+3, "nothing but a few in the runtime besides")
	}
	require.Greater(t, after.Async+after.Sync-before.Async-before.Sync, uint64(100), "preemptions while it was taken")
	require.Greater(t, woken.Load(), int32(100))
}

//go:noinline
func blockedOn(c chan bool) { <-c }

//go:noinline
func contend(mu *sync.Mutex) {
	for range 20 {
		mu.Lock()
		time.Sleep(200 * time.Microsecond)
		mu.Unlock()
	}
}

//go:noinline
func allocate() (keep [][]byte) {
	for range 100 {
		keep = append(keep, make([]byte, 100_000))
	}
	return keep
}

// The other profiles show tasks as what they are: goroutines that run, wait for a
// CPU, wait for something, contend, allocate.
func TestProfiles(t *testing.T) {
	defer runtime.SetMutexProfileFraction(runtime.SetMutexProfileFraction(1))
	runtime.SetBlockProfileRate(1)
	defer runtime.SetBlockProfileRate(0)
	k := boot(t, Config{CPUs: 2})
	var stop atomic.Bool
	defer stop.Store(true)
	c := make(chan bool)
	var mu sync.Mutex
	var tasks, contenders []*Task
	var started atomic.Int32
	for range 4 { // more than CPUs: some run, some wait for one
		tasks = append(tasks, spawn(t, k, Attr{}, func() {
			started.Inc()
			busyOne(&stop)
		}))
	}
	for range 7 {
		tasks = append(tasks, spawn(t, k, Attr{Policy: FIFO, Priority: 1}, func() { blockedOn(c) }))
	}
	for range 3 {
		contenders = append(contenders, spawn(t, k, Attr{Policy: FIFO, Priority: 2}, func() { contend(&mu) }))
	}
	var keep [][]byte
	in(t, k, Attr{Policy: FIFO, Priority: 3}, func() { keep = allocate() })
	wait(t, contenders...)
	for _, task := range tasks[4:] {
		for task.State() != Blocked {
			time.Sleep(time.Millisecond)
		}
	}
	for started.Load() < 4 {
		time.Sleep(time.Millisecond)
	}
	runtime.GC() // the heap profile is as of the last one
	read := func(name string) *profile {
		var b bytes.Buffer
		require.NoError(t, pprof.Lookup(name).WriteTo(&b, 0))
		return readProfile(t, b.Bytes())
	}
	goroutines := read("goroutine")
	defer func() { // whatever fails
		if !stop.Swap(true) {
			close(c)
		}
	}()
	require.Equal(t, 4, goroutines.values["gpm.busyOne"])
	require.Equal(t, 7, goroutines.values["gpm.blockedOn"])
	require.Equal(t, 11, goroutines.values["gpm.taskMain"])
	require.NotZero(t, goroutines.values["gpm.(*vcpu).loop"], "the CPUs' idle goroutines")
	stop.Store(true)
	close(c)
	wait(t, tasks...)
	require.GreaterOrEqual(t, read("block").values["gpm.blockedOn"], 7)
	require.Positive(t, read("mutex").values["gpm.contend"])
	require.Positive(t, read("heap").values["gpm.allocate"])
	runtime.KeepAlive(keep)
	require.Positive(t, read("allocs").values["gpm.allocate"])
	require.Positive(t, read("threadcreate").total)
}
