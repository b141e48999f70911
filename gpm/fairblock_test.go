//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/internal/cpu"
)

// fairSim runs tasks that block and are woken on one queue, without a machine.
type fairSim struct {
	*vcpu
	now   int64
	since map[*Task]int64 // when those that wait were queued
	waits int64           // the longest wait so far
}

const simSlice = 2_000_000

func newFairSim() *fairSim {
	s := &fairSim{vcpu: &vcpu{}, since: map[*Task]int64{}}
	s.k = &Kernel{cpus: []*vcpu{s.vcpu}}
	s.number, s.grain = 1, simSlice/32
	return s
}

func (s *fairSim) attrs(slice, weight int64) *attrs {
	return &attrs{weight: weight, slice: slice, vslice: scale(slice, weight)}
}

// queue puts task on the queue.
func (s *fairSim) queue(task *Task, how putting) {
	if how == putNew && task.clock != 0 {
		task.left()
	}
	s.put(task, how)
	if how != putNew {
		s.leaves(nil, cpu.ReasonPreempt)
	}
	s.since[task] = s.now
}

// next switches to the next task, nil if none waits.
func (s *fairSim) next() *Task {
	task := s.first()
	if task == nil {
		return nil
	}
	s.waits = max(s.waits, s.now-s.since[task])
	delete(s.since, task)
	s.remove(task)
	s.starts(task)
	return task
}

// run has the task that has been switched to run for n.
func (s *fairSim) run(task *Task, n int64) {
	task.seen -= n
	s.now += n
}

// longest returns the longest wait, also of those that wait still.
func (s *fairSim) longest() int64 {
	most := s.waits
	for _, since := range s.since {
		most = max(most, s.now-since)
	}
	return most
}

// However often others come and go, with whatever lag, who waits has a turn before
// each of them has had some slices.
func TestNobodyStarves(t *testing.T) {
	r := newRand(t)
	s := newFairSim()
	const n = 100
	a := s.attrs(simSlice, niceZero)
	var blocked []*Task
	for range n {
		blocked = append(blocked, &Task{k: s.k, attrs: a})
	}
	for range 400_000 {
		for len(blocked) > 0 && (len(s.since) == 0 || r.IntN(n) < 2*len(blocked)) {
			i := r.IntN(len(blocked))
			s.queue(blocked[i], putNew)
			blocked[i] = blocked[len(blocked)-1]
			blocked = blocked[:len(blocked)-1]
		}
		task := s.next()
		ran := (1000 + r.Int64N(1000)) * simSlice / 200_000
		if r.IntN(1000) == 0 {
			ran = simSlice
		}
		s.run(task, ran)
		if ran == simSlice {
			s.queue(task, putEnd)
		} else {
			s.blocks(task)
			blocked = append(blocked, task)
		}
	}
	t.Logf("the longest has waited for %.2f slices of each", float64(s.longest())/(simSlice*n))
	require.Less(t, s.longest(), int64(2*simSlice*n))
}

// simChannel is a channel without room of TestMessagesStarveNobody.
type simChannel struct{ senders, receivers []*simTask }

type simTask struct {
	*Task
	sends bool
	peers []*simChannel // a sender's receivers, or a receiver's own channel
	at    int
}

// step does one operation on a channel, and reports whether it blocks. It returns who
// has been waiting for it.
func (x *simTask) step() (woken *simTask, blocks bool) {
	c := x.peers[x.at]
	x.at = (x.at + 1) % len(x.peers)
	mine, others := &c.receivers, &c.senders
	if x.sends {
		mine, others = others, mine
	}
	if len(*others) == 0 {
		*mine = append(*mine, x)
		return nil, true
	}
	woken = (*others)[0]
	*others = (*others)[1:]
	return woken, false
}

// hackbench returns the tasks of a group: each sender sends to each receiver.
func (s *fairSim) hackbench(a *attrs) (all []*simTask) {
	var channels []*simChannel
	for range 20 {
		channels = append(channels, &simChannel{})
	}
	for _, c := range channels {
		all = append(all, &simTask{Task: &Task{k: s.k, attrs: a}, sends: true, peers: channels},
			&simTask{Task: &Task{k: s.k, attrs: a}, peers: []*simChannel{c}})
	}
	return all
}

// Of hundreds of tasks that pass each other messages, and are interrupted for long now
// and then, none waits for longer than some slices of each; whatever their weights.
func TestMessagesStarveNobody(t *testing.T) {
	for name, weigh := range map[string]func(*rand.Rand) int64{
		"alike":   func(*rand.Rand) int64 { return niceZero },
		"weights": func(r *rand.Rand) int64 { return weights[-2-MinNice+r.IntN(5)] },
	} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && name == "alike" {
				t.Skip("the other finds it too")
			}
			r := newRand(t)
			s := newFairSim()
			of := map[*Task]*simTask{}
			least, sum := int64(1<<62), int64(0)
			for range 3 {
				w := weigh(r)
				for _, x := range s.hackbench(s.attrs(simSlice, w)) {
					of[x.Task] = x
					s.queue(x.Task, putNew)
					sum += w
				}
				least = min(least, w)
			}
			for range 4_000_000 {
				task := s.next()
				if task == nil {
					break
				}
				ran := int64(0)
				for blocks := false; !blocks; {
					n := 200 + r.Int64N(200)
					if r.IntN(20_000) == 0 {
						n = r.Int64N(2 * simSlice)
					}
					ran += n
					s.run(task, n)
					var woken *simTask
					if woken, blocks = of[task].step(); woken != nil {
						s.queue(woken.Task, putNew)
					}
				}
				s.blocks(task)
			}
			// By its weight the lightest has a slice in simSlice * sum / least.
			most := 3 * simSlice * sum / least
			t.Logf("the longest has waited for %d of %d, by weight a slice in %d", s.longest(), s.now, simSlice*sum/least)
			require.Less(t, most, s.now/2, "too short to tell")
			require.Less(t, s.longest(), most)
		})
	}
}

// A task that computes has its share beside tasks that block, again and again, however
// soon they do and are woken.
func TestBlockersShare(t *testing.T) {
	r := newRand(t)
	all := []int{1, 3, 10, 40}
	if testing.Short() {
		all = all[:3]
	}
	for _, n := range all {
		for _, burst := range []float64{0.0005, 0.01, 0.1, 0.9, 3} {
			for _, asleep := range []int{0, 1, 5} {
				if asleep >= n {
					continue
				}
				got := shareBeside(r, n, burst, asleep)
				// Who is blocked counts until what it owes is paid off.
				least, most := 0.95/float64(n+1), 1.05/float64(n+1-asleep)
				assert.True(t, least < got && got < most, "%v, want %v to %v: %d tasks run for %v of a slice, %d of them blocked at a time", got, least, most, n, burst, asleep)
			}
		}
	}
}

// shareBeside returns the share of a task that computes, beside n that run for burst, of
// a slice, and are blocked until others have blocked, as many as asleep.
func shareBeside(r *rand.Rand, n int, burst float64, asleep int) float64 {
	s := newFairSim()
	a := s.attrs(simSlice, niceZero)
	hog := &Task{k: s.k, attrs: a}
	s.queue(hog, putNew)
	for range n {
		s.queue(&Task{k: s.k, attrs: a}, putNew)
	}
	left := map[*Task]int64{} // of its burst
	var blocked []*Task
	hogs := int64(0)
	for s.now < 30*simSlice*int64(n+1) {
		for len(blocked) > asleep {
			s.queue(blocked[0], putNew)
			blocked = blocked[1:]
		}
		task := s.next()
		ran, blocks := int64(simSlice), false
		if task == hog {
			hogs += ran
		} else {
			if left[task] == 0 {
				left[task] = int64(burst * simSlice * (0.8 + 0.4*r.Float64()))
			}
			if left[task] <= ran {
				ran, blocks = left[task], true
			}
			left[task] -= ran
		}
		s.run(task, ran)
		if blocks {
			s.blocks(task)
			blocked = append(blocked, task)
		} else {
			s.queue(task, putEnd)
		}
	}
	return float64(hogs) / float64(s.now)
}

// Two tasks of which one runs at a time, for they wait for each other, have no more of
// their CPU than one that computes; nor less than one of three would have.
func TestPingPongShares(t *testing.T) {
	const pairs = 3
	k := boot(t, Config{CPUs: 1})
	var stop atomic.Bool
	var tasks []*Task
	watch := watchHost()
	hog := spawn(t, k, Attr{}, func() { compute(&stop) })
	for range pairs {
		ping, pong := make(chan int), make(chan int)
		tasks = append(tasks, spawn(t, k, Attr{}, func() {
			for !stop.Load() {
				ping <- 1
				<-pong
			}
			close(ping)
		}), spawn(t, k, Attr{}, func() {
			for range ping {
				pong <- 1
			}
		}))
	}
	time.Sleep(time.Second)
	stop.Store(true)
	wait(t, append(tasks, hog)...)
	host := watch.took() // it is charged to whom it stops
	sum := hog.Runtime()
	for _, task := range tasks {
		sum += task.Runtime()
	}
	got := hog.Runtime().Seconds() / sum.Seconds()
	t.Logf("%.3f, the host took %.3f", got, host)
	assert.Less(t, got, 1.3/(pairs+1)+host)
	assert.Greater(t, got, 0.7/(2*pairs+1)-host)
}
