//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
)

// Tasks that have gone with their thread; see internal/goport/away_unsafe.go.

// depart takes t, which blocks locked to its thread, from CPU b, and the thread
// with it.
//
//go:norace
func depart(b *cpu.Block, t *goport.Task) {
	c := cpuOf(b)
	c.acquire()
	c.cur = nil
	c.setIdle()
	b.Waiting = 0
	waiting := c.nr
	c.release()
	if c.busySince != 0 {
		c.busyCycles += int64(b.Now - c.busySince)
		c.busySince = 0
	}
	putAway(t)
	if w := taskOf(t).watch; w != nil {
		w.Blocked()
	}
	if waiting > 0 {
		c.k.kickIdle(c)
	}
}

//go:norace
func putAway(t0 *goport.Task) {
	t := taskOf(t0)
	k := t.k
	k.lockList()
	t.nextAway = k.away
	k.away = t
	k.unlockList()
}

//go:norace
func findAway(g uintptr, remove bool) *goport.Task {
	k := kern
	k.lockList()
	for at := &k.away; *at != nil; at = &(*at).nextAway {
		t := *at
		if t.RunsOn(g) {
			if remove {
				*at = t.nextAway
				t.nextAway = nil
			}
			k.unlockList()
			return &t.Task
		}
	}
	k.unlockList()
	return nil
}

//go:norace
func awayExited(t *goport.Task) { taskOf(t).k.exited(taskOf(t)) }
