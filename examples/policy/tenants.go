package main

import "github.com/gokern/gokern/gpm"

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
		for i := range queue {
			if queue[i] == t {
				p.queues[name] = append(queue[:i:i], queue[i+1:]...)
				return
			}
		}
	}
}

// Pick takes the first task of the tenant whose turn it is.
func (p *tenants) Pick(int) *gpm.Task {
	for len(p.order) > 0 {
		name := p.order[0]
		queue := p.queues[name]
		p.order = p.order[1:]
		if len(queue) == 0 {
			continue // its tasks were dequeued
		}
		if p.queues[name] = queue[1:]; len(queue) > 1 {
			p.order = append(p.order, name)
		}
		return queue[0]
	}
	return nil
}

// Tick ends a turn after one slice.
func (p *tenants) Tick(int, *gpm.Task) bool { return true }

// Preempts is false: turns end by ticks only.
func (p *tenants) Preempts(_, _ *gpm.Task) bool { return false }
