//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"fmt"
	"strings"
)

// dump describes what the kernel does, for a test that waits in vain.
//
//go:norace
func (k *Kernel) dump() string {
	var s strings.Builder
	for _, c := range k.cpus {
		fmt.Fprintf(&s, "CPU %d: nr %d rank %d idle %d need %d lazy %d waiting %d armed %d sliced %d alarm %d next %d due %d fair %d throttled %d bitmap %x cur %v\n",
			c.ID, c.nr, c.curPrio, c.idle, c.Need, c.NeedLazy, c.Waiting, c.Armed, c.Sliced, c.irq.Alarm(), c.irq.Next(), c.HRDue, c.level[0].n, c.level[levelThrottled].n, c.bitmap, c.cur)
	}
	for t := k.tasks; t != nil; t = t.nextT {
		fmt.Fprintf(&s, "%v: %v on %x level %d prio %d out %v weight %d v %d deadline %d class %v want %v user %+v group %+v until %d last %d\n", t, t.State(), t.on, t.level, t.prio, t.Out(), t.weight,
			t.v, t.deadline-t.v, t.class != nil, t.wantClass != nil, t.user, t.group, t.until, t.last)
	}
	return s.String()
}
