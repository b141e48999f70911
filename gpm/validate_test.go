package gpm_test

import (
	"testing"

	"github.com/gokern/gokern/lock/lockdep"
)

// The validator of locks runs on g0, too. Using it here makes it a part of the
// program that TestG0Code walks.
func TestValidatorIsWalked(t *testing.T) {
	lockdep.Enable()
	defer lockdep.Disable()
	var m lockdep.Map
	m.Acquire(lockdep.Sleep, lockdep.Exclusive, false, 0)
	m.Contended()
	m.Acquired()
	m.Downgrade()
	if !m.Held() {
		t.Error("not held")
	}
	m.Release()
	m.Destroy()
	lockdep.Reset()
	if s := lockdep.ReadStats(); s.Holders != 0 {
		t.Error(s)
	}
	lockdep.MightSleep("test")
	lockdep.NoneHeld("test")
}
