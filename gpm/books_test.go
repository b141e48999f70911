//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.uber.org/atomic"
)

// wrongBooks tells what the kernel's books say though no task of a test lives: all
// that is counted when one is queued is to be counted off when it is taken.
//
//go:norace
func (k *Kernel) wrongBooks(groups ...*Group) (wrong []string) {
	for _, c := range k.cpus {
		if c.nr != 0 || c.bitmap != [2]uint64{} || c.level[rankFair].n != 0 {
			wrong = append(wrong, fmt.Sprintf("CPU %d: nr %d bitmap %x Normal %d", c.ID, c.nr, c.bitmap, c.level[rankFair].n))
		}
		for _, g := range groups {
			if on := g.on[c.ID]; on != (groupOn{}) {
				wrong = append(wrong, fmt.Sprintf("CPU %d, group %v: %+v", c.ID, g.attr.Name, on))
			}
		}
	}
	for _, g := range groups {
		if g.load != 0 {
			wrong = append(wrong, fmt.Sprintf("group %v: load %d", g.attr.Name, g.load))
		}
	}
	if k.queuedRT != 0 {
		wrong = append(wrong, fmt.Sprintf("FIFO and RR tasks that wait: %d", k.queuedRT))
	}
	return wrong
}

// SetAttr comes between any two instructions of the scheduler: nobody is lost, and the
// books are right at the end.
func TestSetAttrKeepsBooks(t *testing.T) {
	r := newRand(t)
	for _, cpus := range []int{1, 2} {
		t.Run(fmt.Sprint(cpus, " CPUs"), func(t *testing.T) {
			k := boot(t, Config{CPUs: cpus})
			g := newGroup(t, k, nil, GroupAttr{Name: "a"})
			groups := []*Group{g, newGroup(t, k, g, GroupAttr{Name: "b", Floor: 0.3})}
			var stop atomic.Bool
			var turns [4]atomic.Int64
			var tasks []*Task
			for i := range turns {
				tasks = append(tasks, spawn(t, k, Attr{}, func() {
					for !stop.Load() {
						runtime.Gosched()
						turns[i].Inc()
					}
				}))
			}
			fifo := Attr{Policy: FIFO, Priority: 50}
			forAWhile(func() {
				// One that yields, from one policy to another and back.
				task := tasks[r.IntN(len(tasks))]
				assert.NoError(t, task.SetAttr(fifo))
				for range r.IntN(300) {
					call(0)
				}
				assert.NoError(t, task.SetAttr(Attr{}))
				// One that is woken, into a group, for the first time.
				wake := make(chan bool)
				task = spawn(t, k, Attr{}, func() { <-wake })
				for task.State() != Blocked {
					runtime.Gosched()
				}
				go close(wake)
				for range r.IntN(1000) {
					call(0)
				}
				if err := task.SetAttr(Attr{Group: groups[r.IntN(len(groups))]}); err != nil {
					assert.ErrorIs(t, err, ErrShutdown) // it has ended
				}
				wait(t, task)
			})
			stop.Store(true)
			wait(t, tasks...)
			for i := range turns {
				assert.NotZero(t, turns[i].Load())
			}
			soon(t, "all tasks are gone", func() bool { return k.Stats().Tasks == 0 })
			assert.Empty(t, k.wrongBooks(groups...))
		})
	}
}
