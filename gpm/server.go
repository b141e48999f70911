//go:build linux && amd64 && go1.25 && !go1.28

package gpm

// The fair server sees to it that FIFO and RR tasks which compute without end do
// not starve all others, as Linux's since 6.8 (and RT throttling before): in each
// second Normal tasks that want it get a CPU for 50 ms. It is deferred: it waits
// until the second is nearly over, for most often they get theirs anyway.

// server is one CPU's. Protected by the queue's lock; times are time-stamp counts.
type server struct {
	start   uint64 // of the second, 0: nobody waits
	left    int64  // of what Normal tasks are to get in it
	serving bool   // they run now, though others wait
}

// serveFair returns the Normal task that is to run now though a FIFO or RR task
// waits, nil if none is. ran is what Normal tasks have run since the last pick.
//
//go:norace
func (c *vcpu) serveFair(ran uint64) *Task {
	s := &c.server
	s.serving = false
	if c.level[0].n == 0 || c.k.fairBudget < 0 {
		s.start = 0
		return nil
	}
	elapsed := c.Now - s.start
	if s.start != 0 {
		s.left -= int64(ran)
		if elapsed >= c.k.fairPeriod {
			s.start = 0
		}
	}
	if top := c.top(); top <= 0 || top >= rankDeadline {
		return nil
	}
	if s.start == 0 {
		s.start, s.left = c.Now, c.k.fairBudget
		return nil
	}
	if s.left <= 0 || elapsed < c.k.fairPeriod-uint64(s.left) {
		return nil
	}
	for c.level[0].n != 0 {
		t := c.firstFair()
		if t.group.in == nil || !c.throttles(t) {
			s.serving = true
			return t
		}
	}
	return nil
}

// next returns in how many ns c has to look again.
//
//go:norace
func (s *server) next(c *vcpu) int64 {
	n := int64(c.k.fairPeriod) - int64(c.Now-s.start)
	switch {
	case s.serving:
		n = s.left
	case s.left > 0:
		n -= s.left
	}
	return max(1000, int64(float64(n)/c.k.perNs))
}
