//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/heap"
	"github.com/gokern/gokern/internal/topology"
	"github.com/gokern/gokern/preempt"
)

// fakeMachine is two nodes; in each two caches, in each two cores of two threads.
func fakeMachine() *topology.Machine {
	f := fstest.MapFS{}
	put := func(text, format string, args ...any) {
		f[fmt.Sprintf(format, args...)] = &fstest.MapFile{Data: []byte(text + "\n")}
	}
	var ids []int
	for i := range 16 {
		ids = append(ids, i)
		put(fmt.Sprintf("%d-%d", i&^1, i|1), "cpu/cpu%d/topology/core_cpus_list", i)
		put("3", "cpu/cpu%d/cache/index3/level", i)
		put(fmt.Sprintf("%d-%d", i&^3, i|3), "cpu/cpu%d/cache/index3/shared_cpu_list", i)
	}
	put("0-7", "node/node0/cpulist")
	put("8-15", "node/node1/cpulist")
	return topology.Read(f, ids)
}

// fakeKernel has CPUs that nobody runs, pinned in order.
func fakeKernel(pins ...int) *Kernel {
	k := &Kernel{machine: fakeMachine(), cpusLen: len(pins), all: maskOf(nil, len(pins))}
	for i, pin := range pins {
		c := &vcpu{k: k, pin: pin}
		c.ID, c.number, c.curPrio = int32(i), uint32(i)+1, -1
		k.cpus = append(k.cpus, c)
		k.online.set(c.ID)
		k.idle.set(c.ID)
	}
	k.seatNeighbours()
	return k
}

func inOrder(n int) (list []int) {
	for i := range n {
		list = append(list, i)
	}
	return list
}

func TestNeighbours(t *testing.T) {
	numbers := func(list []*vcpu) (ids []int32) {
		for _, c := range list {
			ids = append(ids, c.ID)
		}
		return ids
	}
	k := fakeKernel(inOrder(16)...)
	c := k.cpus[6]
	assert.Equal(t, []int32{6, 7, 4, 5, 0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15}, numbers(c.near))
	assert.Equal(t, []int32{7}, numbers(c.core))
	assert.Equal(t, []nearness{0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2}, c.levels)
	// More CPUs than the machine: those on one CPU of it only take turns.
	k = fakeKernel(0, 2, 0, 1)
	assert.Equal(t, []int32{0, 3, 2, 1}, numbers(k.cpus[0].near))
	assert.Equal(t, []int32{3, 2}, numbers(k.cpus[0].core))
	// Not pinned: all are alike.
	k = fakeKernel(-1, -1, -1)
	assert.Equal(t, []int32{1, 2, 0}, numbers(k.cpus[1].near))
	assert.Empty(t, k.cpus[1].core)
}

// A wake-up prefers the last CPU, then an idle core that shares its cache, an idle
// thread there, the node, and then any.
func TestChooseByTopology(t *testing.T) {
	k := fakeKernel(inOrder(16)...)
	task := &Task{k: k, allowed: k.all, last: 6}
	run := func(prio int32, cpus ...int) {
		for _, i := range cpus {
			k.cpus[i].curPrio = prio
			k.idle.clear(int32(i))
		}
	}
	chosen := func() int { return int(k.choose(task, nil).ID) }
	assert.Equal(t, 6, chosen())
	run(0, 6)
	assert.Equal(t, 4, chosen(), "an idle core, not the sibling")
	run(0, 5)
	assert.Equal(t, 7, chosen(), "no core is idle: the sibling")
	run(0, 7)
	assert.Equal(t, 4, chosen(), "a thread with the same cache, not an idle core elsewhere")
	run(0, 4, 0)
	assert.Equal(t, 2, chosen(), "the same node")
	run(0, 1, 2, 3)
	assert.Equal(t, 8, chosen(), "the other node")
	task.allowed = maskOf([]int{6, 7, 11}, 16)
	assert.Equal(t, 11, chosen())
	task.allowed = k.all
	k.cpus[8].down, k.cpus[9].down = cpuOffline, cpuLeaving
	assert.Equal(t, 10, chosen(), "no CPU that is offline")
	run(0, inOrder(16)...)
	task.prio = 5
	assert.Equal(t, 6, chosen(), "all are alike: the last")
	run(7, 6, 7)
	assert.Equal(t, 4, chosen(), "the nearest of those with the lowest rank")
	task.last = -1
	assert.Equal(t, 0, chosen())
}

// A CPU that looks for work takes it from the nearest of those that have as much.
func TestPullFromTheNearest(t *testing.T) {
	k := fakeKernel(inOrder(16)...)
	k.counts = newCounts()
	attrs := &attrs{Attr: Attr{Policy: FIFO, Priority: 5}, prio: 5, allowed: k.all}
	for _, i := range []int{1, 5, 9} {
		task := &Task{k: k}
		task.use(attrs)
		task.last = int32(i)
		k.cpus[i].curPrio = 50
		k.cpus[i].put(task, putNew)
		k.cpus[i].countRT(task, 1)
	}
	var order []int32
	in(t, boot(t, Config{CPUs: 1}), Attr{}, func() { // what it counts, it counts on a CPU
		preempt.Disable()
		for range 3 {
			if task := k.cpus[6].consider(nil, cpu.ReasonNone); task != nil {
				order = append(order, task.last)
			}
		}
		preempt.Enable()
	})
	assert.Equal(t, []int32{5, 1, 9}, order)
	assert.False(t, k.cpus[6].worthALook())
}

// Of Deadline tasks that wait elsewhere a CPU takes the one whose deadline is first,
// also if it has nothing to run itself, or something lower.
func TestPullTheFirstDeadline(t *testing.T) {
	real := boot(t, Config{CPUs: 1}) // what is counted is counted on a CPU
	for _, own := range []*Task{nil, {prio: 3}, {prio: rankDeadline, fairTask: fairTask{node: heap.Node{Key: 900}}}} {
		k := fakeKernel(0, 1, 2, 3)
		k.counts = newCounts()
		for i, deadline := range []int64{300, 200, 100} {
			task := &Task{k: k}
			task.use(&attrs{Attr: Attr{Policy: FIFO, Priority: 5}, prio: 5, allowed: k.all})
			task.prio, task.lent.boost, task.last = rankDeadline, urgencyOf(deadline), int32(i)+1
			k.cpus[i+1].curPrio = rankStop
			k.cpus[i+1].put(task, putNew)
			k.cpus[i+1].countRT(task, 1)
		}
		var got *Task
		in(t, real, Attr{}, func() {
			preempt.Disable()
			got = k.cpus[0].consider(own, cpu.ReasonPreempt)
			preempt.Enable()
		})
		require.NotNil(t, got)
		assert.Equal(t, int32(3), got.last)
	}
}

// The broken affinity of a task, as admits sees it.
func TestAdmits(t *testing.T) {
	k := fakeKernel(0, 1, 2)
	task, only := &Task{k: k}, maskOf([]int{1}, 3)
	set := func(i int32, down uint32) {
		k.cpus[i].down = down
		k.downs++
		k.online.clear(i)
	}
	admits := func(m *mask) (list []bool) {
		for _, c := range k.cpus {
			list = append(list, c.admits(task, m))
		}
		return list
	}
	assert.Equal(t, []bool{false, true, false}, admits(only))
	set(2, cpuOffline)
	assert.Equal(t, []bool{false, true, false}, admits(only))
	assert.Equal(t, []bool{true, true, false}, admits(k.all))
	assert.True(t, k.broken(maskOf([]int{2}, 3), 2))
	assert.False(t, k.broken(k.all, 2))
	assert.False(t, k.broken(only, 2))
	set(1, cpuLeaving)
	assert.Equal(t, []bool{true, false, false}, admits(only))
	assert.Same(t, k.cpus[0], k.someOnline())
	task.perCPU = true // the kernel's own of CPU 1 stays there
	task.SetSingle(true)
	assert.Equal(t, []bool{false, true, false}, admits(only))
}
