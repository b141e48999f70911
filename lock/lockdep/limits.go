package lockdep

// Limits that can be met.
const (
	fullClasses = 1 << iota
	fullEdges
	fullStacks
	fullHeld
	fullRecords
	fullReports
)

var fullText = [...]string{
	"8192 lock classes are in use: locks of further ones are not validated. Locks that nobody initialised have a class each; give them one by their constructor",
	"32768 dependencies are in use: further ones are not checked",
	"16384 stacks are in use: reports will lack some",
	"a goroutine holds 48 locks: further ones are not validated",
	"no memory is left for goroutines that take their first lock with preemption off: some are not validated",
	"6144 problems have been reported: no further ones will be",
}

// overflow notes a limit that is met. The graph's lock is held.
//
//go:norace
func (e *engine) overflow(c *call, limit uint32) {
	c.full |= limit &^ e.full
	e.full |= limit
}

// blindTo notes that c's lock is taken unseen, so that its release is no surprise.
//
//go:norace
func (e *engine) blindTo(c *call, limit uint32) {
	c.m.epoch = e.epoch - 1
	e.graph.lock()
	e.overflow(c, limit)
	e.blind++
	e.graph.unlock()
}

// tellFull says so, once. print allocates nothing and works in any context.
func tellFull(full uint32) {
	for i, text := range fullText {
		if full&(1<<i) != 0 {
			print("gokern: lockdep: ", text, "\n")
		}
	}
}
