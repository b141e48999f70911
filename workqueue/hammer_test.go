package workqueue_test

import (
	"flag"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.uber.org/atomic"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/seed"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/preempt"
	"github.com/gokern/gokern/workqueue"
)

var hammerSeed = flag.Uint64("hammerseed", 0, "the seed of TestHammer; 0: a new one")

// hammered is an item and what must be true of it.
type hammered struct {
	work            *workqueue.Work
	delayed         *workqueue.DelayedWork
	inside, overlap atomic.Int32
	queued          atomic.Int64 // Queues and QueueDelayeds that said so
	canceled, runs  atomic.Int64
	plain           int // the function's own
}

// Items of both kinds are queued on all kinds of queues, flushed, cancelled and changed
// by tasks of all priorities and ordinary goroutines, while functions block, compute
// and queue others. Each queueing is executed once, or cancelled once; no item twice
// at a time.
func TestHammer(t *testing.T) {
	lasts := 3 * time.Second
	if testing.Short() {
		lasts = time.Second
	}
	r := seed.Rand(t, "hammerseed", *hammerSeed)
	cpus := 2 + r.IntN(2)
	k := torture.Kernel(t, gpm.Config{CPUs: cpus})
	defer workqueue.SetIdleTimeout(workqueue.SetIdleTimeout(2 * time.Millisecond))
	queues := []*workqueue.Workqueue{
		workqueue.SystemWQ, workqueue.SystemHighPriWQ, workqueue.SystemUnboundWQ,
		alloc(t, 0, 2), alloc(t, workqueue.Ordered, 0), alloc(t, workqueue.Unbound|workqueue.HighPri, 3),
	}
	all := make([]*hammered, 30)
	var end atomic.Bool
	for i := range all {
		h := &hammered{}
		own := rand.New(rand.NewPCG(r.Uint64(), 0))
		f := func() {
			if h.inside.Inc() != 1 {
				h.overlap.Inc()
			}
			h.plain++
			switch own.IntN(4) {
			case 0:
				time.Sleep(time.Duration(own.IntN(300)) * time.Microsecond)
			case 1:
				for start := time.Now(); time.Since(start) < 50*time.Microsecond; {
				}
			case 2:
				if !end.Load() {
					h.queue(queues[own.IntN(len(queues))], 0) // itself
				}
			}
			h.inside.Dec()
			h.runs.Inc()
		}
		if i%2 == 0 {
			h.work = workqueue.New(func(*workqueue.Work) { f() })
		} else {
			h.delayed = workqueue.NewDelayed(func(*workqueue.DelayedWork) { f() })
		}
		all[i] = h
	}
	deadline := time.Now().Add(lasts)
	body := func(seed uint64, task bool) func() {
		return func() {
			own := rand.New(rand.NewPCG(seed, 1))
			for n := 0; time.Now().Before(deadline); n++ {
				h, wq := all[own.IntN(len(all))], queues[own.IntN(len(queues))]
				switch own.IntN(12) {
				case 0:
					h.cancel(false)
				case 1:
					h.cancel(true)
				case 2:
					if h.work != nil {
						h.work.Flush()
					} else {
						h.delayed.Flush()
					}
				case 3:
					if n%10 == 0 {
						wq.Flush()
					}
				case 4:
					time.Sleep(time.Duration(own.IntN(200)) * time.Microsecond)
				default:
					if task {
						preempt.Disable()
					}
					h.queue(wq, time.Duration(own.IntN(200))*time.Microsecond)
					if task {
						preempt.Enable()
					}
				}
			}
		}
	}
	var done sync.WaitGroup
	for n := range 6 {
		f := body(r.Uint64(), n < 4)
		done.Add(1)
		run := func() { defer done.Done(); f() }
		if n >= 4 {
			go run()
			continue
		}
		attr := gpm.Attr{}
		if n == 3 {
			attr = gpm.Attr{Policy: gpm.FIFO, Priority: 10}
		}
		assert.NoError(t, k.Go(attr, run))
	}
	done.Wait()
	end.Store(true)
	total := int64(0)
	for i, h := range all {
		if h.delayed != nil {
			h.delayed.Flush()
		}
		eventually(t, "an item is never done", func() bool {
			return h.queued.Load() == h.canceled.Load()+h.runs.Load()
		})
		assert.Zero(t, h.overlap.Load(), "item %d was executed twice at a time", i)
		assert.EqualValues(t, h.runs.Load(), h.plain)
		total += h.runs.Load()
	}
	for _, wq := range queues {
		wq.Flush()
	}
	for _, wq := range queues[3:] {
		wq.Destroy()
	}
	t.Logf("%d executions", total)
	assert.Positive(t, total)
}

func (h *hammered) queue(wq *workqueue.Workqueue, delay time.Duration) {
	var ok bool
	if h.work != nil {
		ok, _ = wq.Queue(h.work)
	} else {
		ok, _ = wq.QueueDelayed(h.delayed, delay)
	}
	if ok {
		h.queued.Inc()
	}
}

func (h *hammered) cancel(sync bool) {
	var ok bool
	switch {
	case h.work != nil && sync:
		ok = h.work.CancelSync()
	case h.work != nil:
		ok = h.work.Cancel()
	case sync:
		ok = h.delayed.CancelSync()
	default:
		ok = h.delayed.Cancel()
	}
	if ok {
		h.canceled.Inc()
	}
}
