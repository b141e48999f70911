package percpu_test

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/percpu"
)

// slack is how wrong Read may be, less one batch of one CPU.
func slack() int64 { return max(64, 2*int64(percpu.Possible())) * int64(percpu.Possible()) }

func TestCounter(t *testing.T) {
	c := percpu.NewCounter(1000)
	assert.Equal(t, int64(1000), c.Sum())
	c.Add(5)
	c.Inc()
	c.Dec()
	assert.Equal(t, int64(1005), c.Sum())
	assert.Equal(t, int64(1005), c.Read(), "ordinary goroutines' part is exact")
	for round := range 2 {
		k := kernel(t, gpm.Config{CPUs: 3})
		for n := range 3 {
			in(t, k, gpm.Attr{CPUs: []int{n}}, func() {
				before := c.Sum()
				c.Add(10)
				c.Inc()
				c.Dec()
				c.Sub(3)
				require.Equal(t, before+7, c.Sum())
			})
		}
		require.NoError(t, k.Shutdown(t.Context()))
		assert.Equal(t, int64(1005+21*(round+1)), c.Sum(), "it outlives the kernel")
	}
	c.Set(-7)
	assert.Equal(t, int64(-7), c.Sum())
	assert.InDelta(t, -7, c.Read(), float64(slack()))
}

// Read is wrong by less than a batch, in both directions and where the step is
// more than that; and right after it is published.
func TestCounterBatch(t *testing.T) {
	k := kernel(t, gpm.Config{CPUs: 1})
	in(t, k, gpm.Attr{}, func() {
		batch := max(64, 2*int64(percpu.Possible()))
		for _, step := range []int64{1, -1, batch - 1, batch, 1 - batch, -batch, 7, 1 << 40} {
			c := percpu.NewCounter(0)
			published := false
			for i := int64(1); i <= 3*batch; i++ {
				c.Add(step)
				require.Equal(t, i*step, c.Sum())
				d := c.Sum() - c.Read()
				require.Less(t, d, batch, "step %d", step)
				require.Greater(t, d, -batch, "step %d", step)
				published = published || d == 0
			}
			require.True(t, published)
			c.Release()
		}
		c := percpu.NewCounter(0)
		for range 10 * batch {
			c.AddLocal(1)
		}
		assert.Zero(t, c.Read())
		c.AddBatch(1, 1)
		assert.Equal(t, 10*batch+1, c.Read())
		c.Release()
		oneBug(t, "released", func() { c.Inc() })
		oneBug(t, "released", func() { c.Sum() })
		oneBug(t, "released", func() { c.Release() })
	})
	c := new(percpu.Counter)
	oneBug(t, "not from NewCounter", func() { c.Inc() })
}

func TestCounterCompare(t *testing.T) {
	k := kernel(t, gpm.Config{CPUs: 2})
	c := percpu.NewCounter(0)
	in(t, k, gpm.Attr{}, func() { c.AddBatch(20, 1000); c.Add(3) })
	for _, d := range []int64{1, 5, 23, slack() - 1, slack(), slack() + 100, 1 << 60} {
		assert.Equal(t, 1, c.Compare(23-d))
		assert.Equal(t, -1, c.Compare(23+d))
	}
	assert.Equal(t, 0, c.Compare(23))
}

// Tasks and goroutines add; sums that are taken meanwhile never fall, and in the
// end nothing is missing.
func TestHammerCounter(t *testing.T) {
	each := int64(200_000)
	if testing.Short() {
		each /= 10
	}
	const sides = 6
	c := percpu.NewCounter(0)
	k := kernel(t, gpm.Config{CPUs: runtime.NumCPU() + 2, Slice: 50 * time.Microsecond})
	add := func() {
		for range each {
			c.Inc()
			c.Add(2)
			c.AddBatch(1, 3)
			c.AddLocal(1)
		}
	}
	var tasks []*gpm.Task
	var wg sync.WaitGroup
	for range sides {
		tasks = append(tasks, spawn(t, k, gpm.Attr{}, add))
		wg.Add(1)
		go func() { defer wg.Done(); add() }()
	}
	last := int64(0)
	for done := false; !done; {
		done = true
		for _, task := range tasks {
			done = done && task.State() == gpm.Dead
		}
		v := c.Sum()
		require.GreaterOrEqual(t, v, last)
		last = v
		time.Sleep(50 * time.Microsecond)
	}
	wait(t, tasks...)
	wg.Wait()
	const steps = 5
	assert.Equal(t, 2*sides*each*steps, c.Sum())
	assert.Positive(t, c.Read())
}
