package lockdep

import "go.uber.org/atomic"

// on says whether the validator watches.
var on atomic.Bool

// On reports whether the validator watches. Locks ask before they call any
// method of their Map. Context: any.
func On() bool { return on.Load() }

// Kind says what a lock does to who waits for it: Linux's wait types.
type Kind uint8

const (
	Raw   Kind = iota // spins, in any context: LD_WAIT_SPIN
	Spin              // spins, not under a Raw lock: LD_WAIT_CONFIG
	Sleep             // may block the caller: LD_WAIT_SLEEP
	RCU               // a read-side section: never waits, LD_WAIT_FREE
)

// Mode says how a lock is taken.
type Mode uint8

const (
	Exclusive     Mode = iota
	Shared             // a reader that waits behind a waiting writer
	SharedRecurse      // a reader that does not
)

// Map is a lock as the validator knows it; each lock has one. The zero Map is
// good: its class is then the lock itself. Linux: struct lockdep_map.
type Map struct {
	class atomic.Pointer[class]
}

// class is what locks that are created at one place, or by one name, share.
type class struct {
	name string
}

// Init gives the map the class of that name, or, if name is empty, of the place
// in the program that called the lock's constructor, skip frames above.
// Linux: lockdep_init_map_wait().
func (m *Map) Init(kind Kind, name string, skip int) {}

// Acquire is called before a lock is waited for, or, with try, after it was got
// without waiting. subclass tells locks of one class apart that are taken one
// inside the other, 0 to 7. Linux: lock_acquire().
func (m *Map) Acquire(kind Kind, mode Mode, try bool, subclass int) {}

// Acquired is called when a lock that was waited for has been got.
func (m *Map) Acquired() {}

// Release is called before a lock is released. Linux: lock_release().
func (m *Map) Release() {}

// Held reports whether the caller holds the lock, as far as the validator
// has seen. Linux: lock_is_held().
func (m *Map) Held() bool { return false }

// MightSleep checks that the caller may block here. Linux: __might_sleep().
func MightSleep(what string) {}
