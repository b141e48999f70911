package torture

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
)

// Counter is a way of counting, each CPU for itself.
type Counter struct {
	Name string
	// Add adds one. Context: a task.
	Add func()
	// Sum returns the sum over the CPUs. Nobody adds meanwhile.
	Sum func() int64
}

// Lost has many tasks add n in all, under preemption everywhere and moved
// about all the time, and returns how many of those additions the sum does not have.
// It stops before n at the end of limit, if that is not 0. Context: an ordinary
// goroutine.
func Lost(k *gpm.Kernel, r *rand.Rand, c Counter, n int, limit time.Duration) (lost, done int64, err error) {
	cpus := len(k.Stats().CPUs)
	workers := 4 * cpus
	each := max(n/workers, 1)
	var stop atomic.Bool
	var total atomic.Int64
	var tasks []*gpm.Task
	before := c.Sum()
	for range workers {
		task, err := k.Spawn(gpm.Attr{Name: c.Name}, func() {
			i := 0
			for ; i < each && (i%1024 != 0 || !stop.Load()); i++ {
				c.Add()
			}
			total.Add(int64(i))
		})
		if err != nil {
			return 0, 0, err
		}
		tasks = append(tasks, task)
	}
	calm := Disturb(k, cpus, r, tasks, nil)
	defer calm()
	if limit > 0 {
		defer time.AfterFunc(limit, func() { stop.Store(true) }).Stop()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	for i, task := range tasks {
		if task.Wait(ctx) != nil {
			return 0, 0, fmt.Errorf("%w: counter %s, task %d", ErrStuck, c.Name, i)
		}
	}
	done = total.Load()
	return done - (c.Sum() - before), done, nil
}
