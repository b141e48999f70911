//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"
)

func newGroup(t *testing.T, k *Kernel, parent *Group, attr GroupAttr) *Group {
	t.Helper()
	g, err := k.NewGroup(parent, attr)
	require.NoError(t, err)
	return g
}

// partsOf has one task with each attr compute on k's CPUs and returns the part of
// the time of one CPU that each got.
func partsOf(t *testing.T, k *Kernel, d time.Duration, all ...Attr) (got []float64, host float64) {
	watch := watchHost()
	tasks, end := computing(t, k, all...)
	time.Sleep(20 * time.Millisecond)
	before := make([]time.Duration, len(tasks))
	for i, task := range tasks {
		before[i] = task.Runtime()
	}
	from := time.Now()
	time.Sleep(d)
	for i, task := range tasks {
		got = append(got, float64(task.Runtime()-before[i])/float64(time.Since(from)))
	}
	end()
	return got, watch.took()
}

// Groups share a CPU by their weights, with single tasks and among themselves,
// however many tasks they have.
func TestGroupShares(t *testing.T) {
	k := boot(t, Config{CPUs: 1})
	a := newGroup(t, k, nil, GroupAttr{Name: "a", Weight: 200})
	b := newGroup(t, k, nil, GroupAttr{Name: "b"})
	a1 := newGroup(t, k, a, GroupAttr{Name: "a1", Weight: 300})
	a2 := newGroup(t, k, a, GroupAttr{Name: "a2"})
	require.Equal(t, a, a1.Parent())
	require.Equal(t, k.RootGroup(), a.Parent())
	require.Nil(t, k.RootGroup().Parent())
	got, host := partsOf(t, k, time.Second, Attr{}, Attr{Group: b}, Attr{Group: b}, Attr{Group: b, Nice: 5},
		Attr{Group: a1}, Attr{Group: a1}, Attr{Group: a2}, Attr{Group: a2}, Attr{Group: a2})
	t.Logf("%.3f, the host took %.3f", got, host)
	within := 0.03 + host
	assert.InDelta(t, 0.25, got[0], within, "the root's task")
	assert.InDelta(t, 0.25, got[1]+got[2]+got[3], within, "b")
	assert.InDelta(t, 0.375, got[4]+got[5], within, "a1")
	assert.InDelta(t, 0.125, got[6]+got[7]+got[8], within, "a2")
	assert.Greater(t, a.Stats().Runtime, time.Second/10)
	assert.NoError(t, until(func() bool { return loadOf(a)+loadOf(b)+loadOf(a1)+loadOf(a2) == 0 }), "nobody is left")
}

// A group uses its quota and no more, on however many CPUs; a group within it uses the
// same. By the tasks' own run times: each Period that has begun gives one quota.
func TestGroupQuota(t *testing.T) {
	k := boot(t, Config{CPUs: 2})
	const quota, period = 20 * time.Millisecond, 50 * time.Millisecond
	g := newGroup(t, k, nil, GroupAttr{Weight: 10_000, Quota: quota, Period: period})
	in := newGroup(t, k, g, GroupAttr{Weight: 10_000})
	watch := watchHost()
	// The last two keep the CPUs busy, so that it shows when the host takes one.
	tasks, end := computing(t, k, Attr{Group: in}, Attr{Group: g, Inherit: true}, Attr{Group: in, Policy: Batch}, Attr{}, Attr{})
	ran := func() (from, to int64, sum float64) {
		from = clock()
		for _, task := range tasks[:3] {
			sum += float64(task.Cycles()) / k.perNs
		}
		return from, clock(), sum
	}
	time.Sleep(20 * time.Millisecond)
	t0, t1, before := ran()
	time.Sleep(time.Second)
	t2, t3, after := ran()
	end()
	stalls := watch.took() * float64(clock()-t0)
	got := after - before
	t.Logf("%.1f ms in %.1f, the host took %.1f", got/1e6, float64(t2-t1)/1e6, stalls/1e6)
	assert.Less(t, got, (float64(t3-t0)/float64(period)+2)*float64(quota)+float64(4*time.Millisecond)+stalls)
	// In a long stall a Period may end unused.
	assert.Greater(t, got, (float64(t2-t1)/float64(period)-2)*float64(quota)-2*stalls)
	assert.NotZero(t, g.Stats().Throttled)
	require.NoError(t, g.SetAttr(GroupAttr{}))
	parts, host := partsOf(t, k, 200*time.Millisecond, Attr{Group: in}, Attr{Group: in})
	assert.Greater(t, parts[0]+parts[1], 0.8-2*host, "the quota is gone")
}

// A group with a floor gets that much, however little its weight is.
func TestGroupFloor(t *testing.T) {
	k := boot(t, Config{CPUs: 1})
	g := newGroup(t, k, nil, GroupAttr{Weight: 1, Floor: 0.3})
	got, host := partsOf(t, k, time.Second, Attr{Group: g}, Attr{Group: g}, Attr{Nice: -5}, Attr{}, Attr{})
	t.Logf("%.3f, the host took %.3f", got, host)
	assert.InDelta(t, 0.3, got[0]+got[1], 0.06+host)
}

// Tasks are in the group of who started them.
func TestGroupInherited(t *testing.T) {
	k := boot(t, Config{CPUs: 2})
	g := newGroup(t, k, nil, GroupAttr{})
	in(t, k, Attr{Group: g, Inherit: true}, func() {
		child := spawn(t, k, Attr{}, func() {})
		assert.Equal(t, g, child.Attr().Group)
		elsewhere := spawn(t, k, Attr{Group: k.RootGroup()}, func() {})
		assert.Equal(t, k.RootGroup(), elsewhere.Attr().Group)
		done := make(chan *Group)
		go func() { done <- Current().Attr().Group }()
		assert.Equal(t, g, <-done)
		me := Current()
		assert.NoError(t, me.SetAttr(Attr{Nice: 1}))
		assert.Equal(t, g, me.Attr().Group)
		assert.NoError(t, me.SetAttr(Attr{Group: k.RootGroup()}))
		assert.Equal(t, k.RootGroup(), me.Attr().Group)
	})
	for _, bad := range []GroupAttr{{Weight: -1}, {Weight: 10_001}, {Quota: 1}, {Quota: -1}, {Period: 1}, {Period: time.Minute}, {Floor: -1}, {Floor: 1}} {
		_, err := k.NewGroup(nil, bad)
		require.ErrorIs(t, err, ErrAttr)
	}
	require.ErrorIs(t, k.RootGroup().SetAttr(GroupAttr{}), ErrAttr)
}

// What Attr returns is what some SetAttr has set, and not parts of two.
func TestGroupAttrIsWhole(t *testing.T) {
	k := boot(t, Config{CPUs: 2})
	attrs := []GroupAttr{{Name: "a", Weight: 1}, {Name: strings.Repeat("b", 1000), Weight: 1000}}
	g := newGroup(t, k, nil, attrs[0])
	var stop atomic.Bool
	writer := spawn(t, k, Attr{}, func() {
		for i := 0; !stop.Load(); i++ {
			_ = g.SetAttr(attrs[i%2])
		}
	})
	defer func() {
		stop.Store(true)
		wait(t, writer)
	}()
	forAWhile(func() {
		for range 1000 {
			if a := g.Attr(); len(a.Name) != a.Weight { // if so, not to be looked at
				require.Equal(t, len(a.Name), a.Weight)
			}
		}
	})
}

// Tasks move between groups, policies and CPUs, sleep, are throttled, start others
// and end, while the groups change; none is lost, and in the end none is counted.
func TestGroupsUnderLoad(t *testing.T) {
	k := boot(t, Config{CPUs: 3, Slice: 200 * time.Microsecond})
	r := newRand(t)
	groups := []*Group{k.RootGroup()}
	for i := range 5 {
		groups = append(groups, newGroup(t, k, groups[i/2], GroupAttr{}))
	}
	_, end := computing(t, k, Attr{}, Attr{Group: groups[1]}, Attr{Group: groups[4]})
	rounds := 500
	if testing.Short() {
		rounds = 120
	}
	var tasks []*Task
	all := make(chan struct{})
	for range 12 {
		own := rand.New(rand.NewPCG(r.Uint64(), 3))
		tasks = append(tasks, spawn(t, k, Attr{Group: groups[own.IntN(len(groups))], Inherit: true}, func() {
			<-all
			for range rounds {
				g := groups[own.IntN(len(groups))]
				switch own.IntN(8) {
				case 0:
					Sleep(time.Duration(own.IntN(300)) * time.Microsecond)
				case 1:
					attr := Attr{Group: g, Nice: own.IntN(40) - 20, Inherit: true}
					if own.IntN(3) == 0 {
						attr = Attr{Group: g, Policy: RR, Priority: 1, Inherit: true, CPUs: []int{own.IntN(3)}}
					}
					_ = tasks[own.IntN(len(tasks))].SetAttr(attr) // it may have ended
				case 2:
					done := make(chan struct{})
					go close(done)
					<-done
				case 3:
					_ = g.SetAttr(GroupAttr{Weight: 1 + own.IntN(1000), Quota: time.Duration(own.IntN(3)) * time.Millisecond, Period: 4 * time.Millisecond, Floor: float64(own.IntN(5)) / 10})
				default:
					for start := time.Now(); time.Since(start) < time.Duration(own.IntN(300))*time.Microsecond; {
						call(1)
					}
				}
			}
		}))
	}
	close(all)
	wait(t, tasks...)
	end()
	var left atomic.Int64
	require.NoError(t, until(func() bool {
		left.Store(0)
		for _, g := range groups {
			left.Add(loadOf(g))
		}
		return left.Load() == 0
	}))
}

//go:norace
func loadOf(g *Group) int64 {
	n := g.load
	for _, on := range g.on {
		n += int64(on.n) + on.weight
	}
	return n
}
