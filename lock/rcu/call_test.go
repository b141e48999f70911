package rcu_test

import (
	"bytes"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/lock/rcu"
)

// caller is what RCU and each SRCU have alike.
type caller struct {
	name     string
	call     func(func())
	callHead func(*rcu.Head, func())
	barrier  func()
}

func callers() []caller {
	s := rcu.NewSRCU("")
	return []caller{{"RCU", rcu.Call, rcu.CallHead, rcu.Barrier}, {"SRCU", s.Call, s.CallHead, s.Barrier}}
}

func TestCallsComeInOrder(t *testing.T) {
	k := boot(t, gpm.Config{})
	for _, c := range callers() {
		t.Run(c.name, func(t *testing.T) {
			var got []int
			wait(t, spawn(t, k, gpm.Attr{Inherit: true}, func() {
				for i := range 1000 {
					c.call(func() {
						assert.Nil(t, gpm.Current(), "a task")
						got = append(got, i)
					})
				}
				c.barrier()
			}))
			require.Len(t, got, 1000)
			for i, n := range got {
				require.Equal(t, i, n)
			}
		})
	}
}

// Many callers at once, each with a Barrier now and then: after it all of its
// calls have been made.
func TestCallFlood(t *testing.T) {
	k := boot(t, gpm.Config{CPUs: 4, Slice: 100 * time.Microsecond})
	n := 30_000
	if testing.Short() {
		n = 3_000
	}
	for _, c := range callers() {
		t.Run(c.name, func(t *testing.T) {
			var tasks []*gpm.Task
			var total atomic.Int64
			for range 8 {
				tasks = append(tasks, spawn(t, k, gpm.Attr{}, func() {
					var mine atomic.Int64
					for i := range n {
						c.call(func() { mine.Inc(); total.Inc() })
						if i%(n/3) == n/3-1 {
							c.barrier()
							if !assert.EqualValues(t, i+1, mine.Load()) {
								return
							}
						}
					}
					c.barrier()
				}))
			}
			wait(t, tasks...)
			assert.EqualValues(t, 8*n, total.Load())
		})
	}
}

func TestHead(t *testing.T) {
	boot(t, gpm.Config{})
	for _, c := range callers() {
		t.Run(c.name, func(t *testing.T) {
			var h rcu.Head
			var n int
			for range 10 { // again and again, each time when it is free
				c.callHead(&h, func() { n++ })
				c.barrier()
			}
			assert.Equal(t, 10, n)
			begun, release := make(chan struct{}), make(chan struct{})
			c.call(func() { close(begun); <-release })
			<-begun
			c.callHead(&h, func() { n++ })
			wantBug(t, "the Head waits already", func() { c.callHead(&h, func() { n += 100 }) })
			close(release)
			c.barrier()
			assert.Equal(t, 11, n)
			// From its own function, too.
			var again sync.WaitGroup
			again.Add(2)
			c.callHead(&h, func() { again.Done(); c.callHead(&h, again.Done) })
			again.Wait()
		})
	}
}

// The goroutine that makes the calls ends, and others take its place.
func TestCallsLeaveNothing(t *testing.T) {
	boot(t, gpm.Config{})
	serving := func() int {
		buf := make([]byte, 1<<20)
		return bytes.Count(buf[:runtime.Stack(buf, true)], []byte("rcu.(*queue).serve("))
	}
	for _, c := range callers() {
		for range 100 {
			c.call(func() {})
			c.barrier()
		}
		c.call(func() { assert.Positive(t, serving()) })
	}
	eventually(t, func() bool { return serving() == 0 })
}
