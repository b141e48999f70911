package bench

import (
	"sync"
	"testing"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/lock"
	"github.com/gokern/gokern/lock/lockdep"
)

// BenchmarkValidator is the cost of one lock and unlock by a task, with the
// validator off and on; nested is of a lock inside another, both of which have
// been taken so before.
func BenchmarkValidator(b *testing.B) {
	supported(b)
	for _, l := range []struct {
		name   string
		lock   sync.Locker
		within sync.Locker
	}{
		{"SpinLock", new(lock.SpinLock), nil},
		{"SpinLock,nested", new(lock.SpinLock), new(lock.SpinLock)},
		{"Mutex", new(lock.Mutex), nil},
		{"Mutex,nested", new(lock.Mutex), new(lock.Mutex)},
	} {
		for _, on := range []bool{false, true} {
			name := l.name + "/off"
			if on {
				name = l.name + "/on"
			}
			b.Run(name, func(b *testing.B) {
				if on {
					lockdep.Enable()
					defer lockdep.Disable()
				}
				asTask(b, boot(b, oneVirtual), gpm.Attr{}, func() {
					if l.within != nil {
						l.within.Lock()
						defer l.within.Unlock()
					}
					for b.Loop() {
						l.lock.Lock()
						//lint:ignore SA2001 what it costs to enter and leave is the question
						l.lock.Unlock()
					}
				})
			})
		}
	}
}
