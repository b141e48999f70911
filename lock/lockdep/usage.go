package lockdep

// usage says in which contexts a class has been used: for hard interrupts and for
// softirqs four bits each. A class is used in an interrupt as N or R (taken there
// by a recursive reader), and enabled as E or S (held, or held shared, while
// the interrupt may come). The interrupt is an edge, from what it finds held to
// what it takes.
type usage uint16

const (
	usedN usage = 1 << iota
	usedR
	enabledE
	enabledS
)

const (
	usageBits = 8
	softShift = 4 // softirqs' bits are above those of hard interrupts
)

// usageOf returns the bits for taking a lock as c does.
//
//go:norace
func usageOf(c *call) (u usage) {
	if !c.try {
		in := usedN
		if c.mode == SharedRecurse {
			in = usedR
		}
		if c.context&hardIRQ != 0 {
			u |= in
		}
		if c.context&softIRQ != 0 {
			u |= in << softShift
		}
	}
	return u | enabledOf(c.mode, c.hardOff, c.softOff)
}

// enabledOf returns the bits for holding a lock with those interrupts masked.
//
//go:norace
func enabledOf(mode Mode, hardOff, softOff bool) (u usage) {
	if hardOff {
		return 0 // softirqs are served only where interrupts are
	}
	u = enabledE
	if mode != Exclusive {
		u = enabledS
	}
	if !softOff {
		u |= u << softShift
	}
	return u
}

// markUsage notes that the class of h is used as u says, and looks whether that
// agrees with all that is known. The graph's lock is held.
//
//go:norace
func (e *engine) markUsage(c *call, h *held, u usage) {
	k := &e.classes.list[h.class]
	for bit := range usageBits {
		b := usage(1) << bit
		if u&b == 0 || k.usage&b != 0 {
			continue
		}
		k.usage |= b
		k.where[bit] = c.at
		e.checkUsage(c, h, bit)
	}
}

// checkUsage looks whether a new bit of a class makes a circle: the class is taken
// in an interrupt that may come while one is held to which it leads, or it is held
// while an interrupt may come that takes one that leads to it.
//
//go:norace
func (e *engine) checkUsage(c *call, h *held, bit int) {
	shift := bit / 4 * 4
	q := query{strong: (enabledE | enabledS) << shift, weak: enabledE << shift}
	weak := bit%4 == 1
	if bit%4 >= 2 {
		q = query{backward: true, strong: (usedN | usedR) << shift, weak: usedN << shift}
		weak = bit%4 == 3
	}
	n := e.find(&q, uint32(h.class), weak)
	if n < 0 {
		return
	}
	if r := e.newReport(c, inversionKind(n), uint64(h.class)<<32|uint64(e.search.nodes[n].class)<<16|uint64(bit)); r != nil {
		e.fillInversion(r, h, n, bit, q.backward)
	}
}

//go:norace
func inversionKind(n int32) problem {
	if n == 0 {
		return inconsistent
	}
	return inversion
}

// checkSafe looks whether the new dependency from prev to next leads from a class
// that is taken in an interrupt to one that is held while it may come.
//
//go:norace
func (e *engine) checkSafe(c *call, prev *held, next uint32) bool {
	const used = usedN | usedR | (usedN|usedR)<<softShift
	back := query{backward: true, strong: used, weak: usedN | usedN<<softShift, collect: true}
	e.find(&back, uint32(prev.class), prev.mode != Exclusive)
	for shift := 0; shift <= softShift; shift += softShift {
		if back.sum&((usedN|usedR)<<shift) == 0 {
			continue
		}
		q := query{strong: (enabledE | enabledS) << shift, weak: enabledE << shift}
		n := e.find(&q, next, c.mode == SharedRecurse)
		if n < 0 {
			continue
		}
		if r := e.newReport(c, unsafeDependency, uint64(prev.class)<<32|uint64(next)<<16|uint64(shift)); r != nil {
			e.fillUnsafe(r, c, prev, next, shift)
		}
		return false
	}
	return true
}
