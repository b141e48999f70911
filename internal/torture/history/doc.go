// Package history records what tasks did to a lock or a queue, under preemption
// everywhere, and checks the record against a model: there must be an order of
// the operations, each at some moment between its call and its return, in which
// a simple sequential machine would have answered the same.
//
// That finds what a look at the inside of sections does not: a TryLock that
// fails although the lock was free all the time, a lock that two have one after
// the other without a release between, a completion that is consumed twice.
package history

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/anishathalye/porcupine"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/torture"
)

// Recorder records the operations of one client; it is not shared.
type Recorder struct {
	clock *atomic.Int64
	id    int
	ops   []porcupine.Operation
	// R gives the client's random numbers.
	R *rand.Rand
}

// ID returns the client's number.
func (c *Recorder) ID() int { return c.id }

// Call notes that an operation begins. It does not allocate.
func (c *Recorder) Call(input any) {
	c.ops = append(c.ops, porcupine.Operation{ClientId: c.id, Input: input, Call: c.clock.Inc()})
}

// Return notes how the operation that was called last has ended. It does not
// allocate if output is a constant.
func (c *Recorder) Return(output any) {
	op := &c.ops[len(c.ops)-1]
	op.Return = c.clock.Inc()
	op.Output = output
}

// Forget drops the operation that was called last, and its room.
func (c *Recorder) Forget() { c.ops = c.ops[: len(c.ops)-1 : cap(c.ops)-1] }

// Left returns how many more operations there is room for.
func (c *Recorder) Left() int { return cap(c.ops) - len(c.ops) }

// Record has tasks run client, each with a recorder that has room for n
// operations, and returns all operations. Context: an ordinary goroutine.
func Record(k *gpm.Kernel, r *rand.Rand, clients, n int, client func(*Recorder)) ([]porcupine.Operation, error) {
	clock := atomic.NewInt64(0)
	var recorders []*Recorder
	var tasks []*gpm.Task
	start := make(chan struct{})
	cpus := len(k.Stats().CPUs)
	for id := range clients {
		c := &Recorder{clock: clock, id: id, ops: make([]porcupine.Operation, 0, n), R: rand.New(rand.NewPCG(r.Uint64(), 6))}
		attr := gpm.Attr{Name: fmt.Sprint("client ", id)}
		if r.IntN(2) == 0 {
			attr.CPUs = []int{r.IntN(cpus)} // shared with others, who preempt it
		}
		task, err := k.Spawn(attr, func() {
			<-start
			client(c)
		})
		if err != nil {
			return nil, err
		}
		recorders, tasks = append(recorders, c), append(tasks, task)
	}
	close(start)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var all []porcupine.Operation
	for i, task := range tasks {
		if err := task.Wait(ctx); err != nil {
			return nil, fmt.Errorf("%w: client %d", torture.ErrStuck, i)
		}
		all = append(all, recorders[i].ops...)
	}
	return all, nil
}
