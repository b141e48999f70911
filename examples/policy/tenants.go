package main

import (
	"slices"

	"github.com/gokern/gokern/gpm"
)

// tenants is a policy by which tenants take turns, however many tasks each has. A
// task belongs to the tenant whose name it has. It implements gpm.Class; its
// methods are called one at a time.
type tenants struct {
	queues map[string][]*gpm.Task // tasks that wait
	order  []string               // tenants that have such, the next one first
}

func newTenants() *tenants { return &tenants{queues: map[string][]*gpm.Task{}} }

// Enqueue adds t to its tenant's queue.
func (p *tenants) Enqueue(t *gpm.Task) {
	name := t.Name()
	if len(p.queues[name]) == 0 {
		p.order = append(p.order, name)
	}
	p.queues[name] = append(p.queues[name], t)
}

// Dequeue removes t, whose policy was changed.
func (p *tenants) Dequeue(t *gpm.Task) {
	for name, queue := range p.queues {
		i := slices.Index(queue, t)
		if i < 0 {
			continue
		}
		queue = slices.Delete(queue, i, i+1)
		p.queues[name] = queue
		if len(queue) == 0 { // or the tenant would be there twice when its next task comes
			p.order = slices.DeleteFunc(p.order, func(n string) bool { return n == name })
		}
		return
	}
}

// Pick takes the first task of the tenant whose turn it is.
func (p *tenants) Pick(int) *gpm.Task {
	if len(p.order) == 0 {
		return nil
	}
	name := p.order[0]
	queue := p.queues[name]
	p.order = p.order[1:]
	if p.queues[name] = queue[1:]; len(queue) > 1 {
		p.order = append(p.order, name)
	}
	return queue[0]
}

// Tick ends a turn after one slice.
func (p *tenants) Tick(int, *gpm.Task) bool { return true }

// Preempts is false: turns end by ticks only.
func (p *tenants) Preempts(_, _ *gpm.Task) bool { return false }
