package lockdep

// Kind says what a lock does to who waits for it: Linux's wait types.
type Kind uint8

const (
	Raw      Kind = iota // spins, in any context: LD_WAIT_SPIN
	Spin                 // spins, not under a Raw lock: LD_WAIT_CONFIG
	Sleep                // may block the caller: LD_WAIT_SLEEP
	RCU                  // a read-side section: never waits, LD_WAIT_FREE; inside it is as under a Spin lock
	RCUSched             // one with preemption off: inside it is as under a Raw lock
	SRCU                 // one that may block: never waits, and inside it all is allowed
	Local                // excludes others of one CPU only, spins never: LD_WAIT_CONFIG, LD_LOCK_PERCPU
)

// Mode says how a lock is taken.
type Mode uint8

const (
	Exclusive     Mode = iota
	Shared             // a reader that waits behind a waiting writer
	SharedRecurse      // a reader that does not
)

// Map is a lock as the validator knows it; each lock has one. The zero Map is
// good: its class is then the lock itself. It must not be copied or moved while
// the lock is held. Linux: struct lockdep_map.
type Map struct {
	key   uint32  // what its class is found by, see key.go; 0: none yet
	class uint32  // its class and the graph's generation, 0: not looked up
	owner uintptr // the g that holds it exclusively
	epoch uint32  // of Enable, since when all who hold it have been seen
}

// Init gives the map the class of that name, or, if name is empty, of the place
// in the program that called the lock's constructor, skip frames above.
// While the validator is off only a name is kept. Linux: lockdep_init_map_wait().
func (m *Map) Init(kind Kind, name string, skip int) {
	m.initialise(name, skip+1)
}

// InitLike gives the map the class of another, whether that has been initialised
// or is a single lock. It does nothing while the validator is off.
func (m *Map) InitLike(of *Map) {
	if On() {
		c := call{op: opShare, m: of}
		c.run()
		m.set(of.number(), true)
	}
}

// Destroy checks that nobody holds the lock, whose memory is about to be used
// for something else. Linux: debug_check_no_locks_freed().
func (m *Map) Destroy() {
	if On() {
		c := call{op: opDestroy, m: m}
		c.locate()
		c.run()
		c.deliver(m)
	}
}

// Acquire is called before a lock is waited for (and with interrupts masked
// already, if that goes with taking the lock), or, with try, after it was got
// without waiting. subclass tells locks of one class apart that are taken one
// inside the other, 0 to 7. Linux: lock_acquire().
func (m *Map) Acquire(kind Kind, mode Mode, try bool, subclass int) {
	c := call{op: opAcquire, m: m, kind: kind, mode: mode, try: try, sub: uint8(subclass & 7)}
	c.locate()
	c.run()
	c.deliver(m)
}

// AcquireNest is Acquire of one of several locks of one class, in any order, that
// the lock nest, which the caller holds, protects from each other. Linux:
// lock_acquire_nest(), spin_lock_nest_lock(); the context of ww_mutex_lock().
func (m *Map) AcquireNest(kind Kind, mode Mode, try bool, nest *Map) {
	c := call{op: opAcquire, m: m, kind: kind, mode: mode, try: try, nest: nest}
	c.locate()
	c.run()
	c.deliver(m)
}

// Contended is called between Acquire and Acquired when the lock is not free and
// the caller is about to block for it without a time limit: the moment to look
// for a deadlock that is there now. Linux: lock_contended().
func (m *Map) Contended() {
	c := call{op: opContended, m: m}
	c.locate()
	c.run()
	c.deliver(m)
}

// Acquired is called when a lock that was waited for has been got. Linux:
// lock_acquired().
func (m *Map) Acquired() {
	c := call{op: opAcquired, m: m}
	c.identify()
	c.run()
}

// Downgrade says that the caller, who holds the lock, shares it from now on.
// Linux: lock_downgrade().
func (m *Map) Downgrade() {
	c := call{op: opDowngrade, m: m}
	c.identify()
	c.run()
}

// Release is called before a lock is released, and when a wait for it is given
// up. Linux: lock_release().
func (m *Map) Release() {
	c := call{op: opRelease, m: m}
	c.runLazily()
	c.deliver(m)
}

// Held reports whether the caller holds the lock, as far as the validator
// has seen. Linux: lock_is_held().
func (m *Map) Held() bool {
	c := call{op: opHeld, m: m}
	c.identify()
	c.run()
	return c.yes
}

// HeldAs reports whether the caller holds the lock exclusively, or, for another
// mode, shared. Linux: lock_is_held_type().
func (m *Map) HeldAs(mode Mode) bool {
	c := call{op: opHeld, m: m}
	c.identify()
	c.run()
	return c.yes && (c.mode == Exclusive) == (mode == Exclusive)
}
