//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Floors that cannot be kept together are refused; what a group's own groups get is part
// of its floor.
func TestGroupFloorsTogether(t *testing.T) {
	k := boot(t, Config{CPUs: 1})
	a := newGroup(t, k, nil, GroupAttr{Floor: 0.5})
	b := newGroup(t, k, nil, GroupAttr{Floor: 0.4})
	_, err := k.NewGroup(nil, GroupAttr{Floor: 0.2})
	require.ErrorIs(t, err, ErrAttr)
	in := newGroup(t, k, a, GroupAttr{Floor: 0.3})
	newGroup(t, k, a, GroupAttr{}) // gone
	also := newGroup(t, k, a, GroupAttr{Floor: 0.2})
	require.ErrorIs(t, also.SetAttr(GroupAttr{Floor: 0.3}), ErrAttr)
	require.Equal(t, 0.2, also.Attr().Floor)
	require.ErrorIs(t, b.SetAttr(GroupAttr{Floor: 0.5}), ErrAttr)
	require.NoError(t, b.SetAttr(GroupAttr{Floor: 0.3}))
	require.NoError(t, also.SetAttr(GroupAttr{Floor: 0.3}), "a gets 0.6")
	require.NoError(t, a.SetAttr(GroupAttr{}), "its own have it nevertheless")
	require.ErrorIs(t, b.SetAttr(GroupAttr{Floor: 0.4}), ErrAttr)
	require.NoError(t, in.SetAttr(GroupAttr{}))
	require.NoError(t, also.SetAttr(GroupAttr{}))
	require.NoError(t, b.SetAttr(GroupAttr{Floor: 0.9}))
	for range 10 {
		require.NoError(t, b.SetAttr(GroupAttr{}))
		newGroup(t, k, b, GroupAttr{Floor: 0.9}) // and is gone: nobody knows it
	}
}

// Nor do tasks that have ended keep their group.
func TestGroupFloorsOfEndedTasks(t *testing.T) {
	k := boot(t, Config{CPUs: 2})
	for range 5 {
		groupWithTasks(t, k, GroupAttr{Floor: 0.9})
	}
}

//go:noinline
func groupWithTasks(t *testing.T, k *Kernel, attr GroupAttr) {
	g := newGroup(t, k, nil, attr)
	in(t, k, Attr{Group: g, Name: "in"}, func() {
		for range 10 {
			assert.NoError(t, k.Go(Attr{Group: g}, func() { call(1) }))
		}
	})
	require.NoError(t, until(func() bool { return k.Stats().Tasks == 0 }))
}

// Who waits for the next Period does not when the quota is raised or gone.
func TestGroupQuotaRaised(t *testing.T) {
	k := boot(t, Config{CPUs: 2})
	small := GroupAttr{Quota: time.Millisecond, Period: time.Second}
	for name, attr := range map[string]GroupAttr{"gone": {}, "raised": {Quota: 10 * time.Second, Period: time.Second}, "more often": {Quota: time.Millisecond, Period: 2 * time.Millisecond}} {
		t.Run(name, func(t *testing.T) {
			g := newGroup(t, k, nil, small)
			below := newGroup(t, k, g, GroupAttr{})
			tasks, end := computing(t, k, Attr{Group: g}, Attr{Group: below}, Attr{Group: below})
			for range 5 {
				require.NoError(t, until(func() bool { return isThrottled(tasks[0]) && isThrottled(tasks[1]) && isThrottled(tasks[2]) }))
				now := clock()
				assert.NoError(t, g.SetAttr(attr))
				for _, task := range tasks {
					assert.True(t, !isThrottled(task) || task.until <= now || attr.Period == 2*time.Millisecond)
				}
				had := tasks[1].Cycles()
				assert.NoError(t, until(func() bool { return tasks[1].State() == Running || tasks[1].Cycles() > had }))
				assert.NoError(t, g.SetAttr(small))
			}
			assert.NoError(t, g.SetAttr(GroupAttr{})) // many periods may be owed
			end()
		})
	}
}
