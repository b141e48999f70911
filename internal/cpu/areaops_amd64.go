//go:build linux && amd64

package cpu

// The this_cpu operations on a word of this CPU's area. Each is one assembly
// function that finds the area and then does one instruction on the word, which
// an interrupt cannot tear. Go preempts no assembly and the functions have no
// prologue, so nothing can switch or move the caller between the two. The
// instruction has no LOCK prefix: other CPUs only read the word.
//
// Without a CPU, or with an offset of 0, nothing changes and Misuse is called.
// A narrower type uses the low half: sums carry upwards only, so that only a
// comparison needs to know. Context: any.

// AreaAdd adds n.
func AreaAdd(off uintptr, n uint64)

// AreaAddReturn adds n and returns the sum.
func AreaAddReturn(off uintptr, n uint64) uint64

// AreaRead returns the word.
func AreaRead(off uintptr) uint64

// AreaWrite stores v.
func AreaWrite(off uintptr, v uint64)

// AreaXchg stores v and returns what was there.
func AreaXchg(off uintptr, v uint64) uint64

// AreaCmpXchg stores new if the word is old, and reports whether it was.
func AreaCmpXchg(off uintptr, old, new uint64) bool

// AreaCmpXchg32 does so with the low half.
func AreaCmpXchg32(off uintptr, old, new uint32) bool

// AreaAnd keeps bits.
func AreaAnd(off uintptr, bits uint64)

// AreaOr sets bits.
func AreaOr(off uintptr, bits uint64)

// AreaPublish makes the second word of a pair what the first is, and returns by
// how much it rose.
func AreaPublish(off uintptr) int64

// countAdd adds n to c, as Count.Add says, and has countPublish called if there
// is a batch to publish, countOutside if it could not add.
//
//go:noescape
func countAdd(c *Count, n int64)
