package lockdep_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/lock/lockdep"
)

func TestDOT(t *testing.T) {
	r := fresh(t)
	a, b, c := named("A", lockdep.Sleep), named(`B "quoted"`, lockdep.Spin), named("C", lockdep.Spin)
	a.lock()
	b.rrlock()
	c.rlock()
	c.unlock()
	b.unlock()
	a.unlock()
	a.rlock()
	b.lock()
	b.unlock()
	a.unlock()
	r.none(t)
	var out strings.Builder
	require.NoError(t, lockdep.WriteDOT(&out))
	assert.Equal(t, `digraph lockdep {
	rankdir=LR;
	node [shape=box, fontname=monospace];
	c1 [label="A\nsleeping lock", color=green];
	c2 [label="B \"quoted\"\nspinlock", color=green];
	c3 [label="C\nspinlock", color=green];
	c1 -> c2 [label="ER SN"];
	c2 -> c3 [label="SN"];
	c1 -> c3 [label="EN"];
}
`, out.String())
	s := lockdep.ReadStats()
	assert.Equal(t, 3, s.Classes)
	assert.Equal(t, 3, s.Edges)
	assert.Equal(t, 3, s.Chains)
	assert.EqualValues(t, 5, s.Acquired)
}
