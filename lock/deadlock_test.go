package lock_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/kerneltest"
	"github.com/gokern/gokern/lock"
	"github.com/gokern/gokern/lock/lockdep"
)

// Two tasks that have a lock each and want the other's: the second finds that they
// wait for each other, although the validator has never seen either order, and
// gives up; so the first gets through.
func TestDeadlockIsFound(t *testing.T) {
	k := kerneltest.Boot(t, gpm.Config{CPUs: 1})
	if !lockdep.On() {
		lockdep.Enable()
		defer lockdep.Disable()
	}
	defer lockdep.Reset()
	for name, make := range map[string]func() (lock, unlock func()){
		"mutex":   func() (func(), func()) { l := new(lock.Mutex); return l.Lock, l.Unlock },
		"rtmutex": func() (func(), func()) { l := new(lock.RTMutex); return l.Lock, l.Unlock },
		"rwsem.w": func() (func(), func()) { l := new(lock.RWSem); return l.Lock, l.Unlock },
	} {
		t.Run(name, func(t *testing.T) {
			lockdep.Reset()
			defer lockdep.SetHandler(lockdep.SetHandler(func(r *lockdep.Report) {
				if errors.Is(r, lockdep.ErrDeadlock) {
					panic(r) // and not for what might happen
				}
			}))
			var locks, unlocks [2]func()
			for i := range 2 {
				locks[i], unlocks[i] = make()
			}
			var have sync.WaitGroup
			have.Add(2)
			var found [2]error
			var tasks [2]*gpm.Task
			for i := range 2 {
				tasks[i] = kerneltest.Spawn(t, k, gpm.Attr{}, func() {
					locks[i]()
					have.Done()
					have.Wait()
					defer unlocks[i]()
					defer func() {
						if r := recover(); r != nil {
							found[i] = r.(error)
						}
					}()
					locks[1-i]()
					unlocks[1-i]()
				})
			}
			kerneltest.Wait(t, tasks[:]...)
			err := found[0]
			if err == nil {
				err = found[1]
			}
			require.ErrorIs(t, err, lockdep.ErrDeadlock)
			require.Contains(t, err.Error(), "waits for")
		})
	}
}
