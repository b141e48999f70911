package main

import (
	"errors"
	"testing"
	"time"

	"github.com/gokern/gokern/gpm"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// counted counts the turns that each tenant gets: what the host takes makes one turn
// long, and a share by time wrong.
type counted struct {
	*tenants
	turns map[string]int
}

func (c counted) Pick(cpu int) *gpm.Task {
	t := c.tenants.Pick(cpu)
	if t != nil {
		c.turns[t.Name()]++
	}
	return t
}

// However many tasks each has, tenants get as many turns, and so the same time.
func TestTenantsShare(t *testing.T) {
	policy := counted{newTenants(), map[string]int{}}
	shares, err := run(policy, 500*time.Millisecond)
	if errors.Is(err, gpm.ErrUnsupported) {
		t.Skip(err)
	}
	require.NoError(t, err)
	t.Logf("turns %v, shares of the time %v", policy.turns, shares)
	small, large := policy.turns["small"], policy.turns["large"]
	require.Greater(t, small, 10)
	// Each of the large tenant's ten has one more turn, to end in.
	assert.InDelta(t, large, small, 12+0.05*float64(large))
}

// A tenant whose tasks leave and come back has one turn in each round, as before.
func TestTenantsComeBack(t *testing.T) {
	k, err := gpm.Boot(gpm.Config{CPUs: 1})
	if errors.Is(err, gpm.ErrUnsupported) {
		t.Skip(err)
	}
	require.NoError(t, err)
	release := make(chan struct{})
	defer func() {
		close(release)
		require.NoError(t, k.Shutdown(t.Context()))
	}()
	task := func(name string) *gpm.Task {
		task, err := k.Spawn(gpm.Attr{Name: name}, func() { <-release })
		require.NoError(t, err)
		return task
	}
	p := newTenants()
	leaves, stays := task("large"), task("small")
	for range 3 {
		p.Enqueue(leaves)
		p.Dequeue(leaves)
	}
	require.Nil(t, p.Pick(0), "nobody waits")
	for range 5 {
		p.Enqueue(task("large"))
		p.Enqueue(stays)
		for range 2 {
			p.Enqueue(leaves)
			p.Dequeue(leaves)
		}
		p.Enqueue(task("large"))
		var turns []string
		for next := p.Pick(0); next != nil; next = p.Pick(0) {
			turns = append(turns, next.Name())
		}
		require.Equal(t, []string{"large", "small", "large"}, turns)
		p.Enqueue(leaves)
		p.Dequeue(leaves)
	}
}
