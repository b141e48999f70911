package lockdep_test

import (
	"fmt"

	"github.com/gokern/gokern/lock/lockdep"
)

// model is what the validator should know, by definition and without haste: all
// pairs of locks of which the second was taken while the first was held, in what
// way, and a search of all walks. The tasks whose sequences it sees run one
// after the other; only what each holds counts.
type model struct {
	n        int
	deps     map[[2]int][4]bool // ER EN SR SN
	held     []modelHeld
	seen     map[string]bool // sequences
	reported map[string]bool // problems
}

type modelHeld struct {
	lock int
	mode lockdep.Mode
}

func newModel(n int) *model {
	return &model{n: n, deps: map[[2]int][4]bool{}, seen: map[string]bool{}, reported: map[string]bool{}}
}

// acquire notes that a lock is taken, and returns the problem that the validator
// should report, "" for none: for a sequence not seen before, the first that
// has not been reported yet.
func (m *model) acquire(lock int, mode lockdep.Mode, try bool) (problem string) {
	next := modelHeld{lock, mode}
	sequence := fmt.Sprint(m.held, next)
	report := func(p string) {
		if !m.reported[p] && problem == "" && !m.seen[sequence] {
			problem = p
			m.reported[p] = true
		}
	}
	if !try {
		for i := len(m.held) - 1; i >= 0; i-- {
			prev := m.held[i]
			if prev.lock == lock && (mode != lockdep.SharedRecurse || prev.mode == lockdep.Exclusive) {
				report(fmt.Sprintf("recursive L%d %v %v", lock, prev.mode, mode))
			}
		}
		for i := len(m.held) - 1; i >= 0; i-- {
			prev := m.held[i]
			switch {
			case prev.lock == lock:
			case m.closes(prev, next):
				report(fmt.Sprintf("circle L%d L%d", prev.lock, lock))
			default:
				pair := [2]int{prev.lock, lock}
				d := m.deps[pair]
				d[way(prev.mode, mode)] = true
				m.deps[pair] = d
			}
		}
		m.seen[sequence] = len(m.held) > 0
	}
	m.held = append(m.held, next)
	return problem
}

func way(prev, next lockdep.Mode) (w int) {
	if next != lockdep.SharedRecurse {
		w = 1
	}
	if prev != lockdep.Exclusive {
		w += 2
	}
	return w
}

// closes reports whether the new dependency would close a strong walk, one in
// which no R is followed by an S. A state is a lock, and whether the walk came
// there by an R.
func (m *model) closes(prev, next modelHeld) bool {
	type state struct {
		at int
		r  bool
	}
	seen := map[state]bool{}
	var visit func(s state) bool
	visit = func(s state) bool {
		if s.at == prev.lock && (prev.mode == lockdep.Exclusive || !s.r) {
			return true
		}
		if seen[s] {
			return false
		}
		seen[s] = true
		for to := range m.n {
			for w, has := range m.deps[[2]int{s.at, to}] {
				if has && !(s.r && w >= 2) && visit(state{to, w%2 == 0}) {
					return true
				}
			}
		}
		return false
	}
	return visit(state{next.lock, next.mode == lockdep.SharedRecurse})
}
