//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
)

// What a task was promised that has ended, or is no Deadline task any more, is free when
// it has had no more than its share, and not before.
func TestDeadlineZeroLag(t *testing.T) {
	k := boot(t, Config{CPUs: 1})
	attr := Attr{Policy: Deadline, Runtime: 50 * time.Millisecond, Period: 100 * time.Millisecond}
	short := Attr{Policy: Deadline, Runtime: 50 * time.Millisecond, Deadline: 60 * time.Millisecond, Period: 100 * time.Millisecond}
	// uses has the caller use some of its budget, and returns how much, 0 if that is not
	// known: it has lost the CPU.
	uses := func() (ran int64) {
		me := Current()
		from, had := cpu.Cycles(), me.Cycles()
		for uint64(ran) < 20*k.ms {
			call(1)
			ran = int64(cpu.Cycles() - from)
		}
		if me.Cycles() != had {
			return 0
		}
		return ran
	}
	for name, f := range map[string]func(*Task){
		"ends": func(*Task) {},
		"changed": func(me *Task) {
			assert.NoError(t, me.SetAttr(Attr{}))
			assert.NoError(t, me.SetAttr(attr), "it is still its own")
			assert.NoError(t, me.SetAttr(Attr{}))
		},
	} {
		for _, attr := range []Attr{attr, short} {
			t.Run(name, func(t *testing.T) {
				var ran, begin int64
				for tries := 0; ran == 0 && tries < 20; tries++ {
					require.NoError(t, until(func() bool { return onlyOf(k) == 0 }))
					begin = goport.Nanotime()
					wait(t, spawn(t, k, attr, func() {
						ran = uses()
						f(Current())
					}))
				}
				ran = int64(float64(ran) / k.perNs)
				next := (*Task)(nil)
				require.NoError(t, until(func() bool {
					task, err := k.Spawn(attr, func() {})
					next = task
					return err == nil
				}))
				assert.GreaterOrEqual(t, goport.Nanotime()-begin, 2*ran-1000)
				wait(t, next)
			})
		}
	}
}
