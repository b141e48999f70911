package irq

import (
	"math"
	"unsafe"

	"github.com/gokern/gokern/internal/goport"
	"github.com/gokern/gokern/internal/heap"
)

// Node is one thing that is to happen at a time: its Key, by Nanotime.
type Node struct {
	heap.Node
	Task  *goport.Task // sleeps, and is to be made ready
	Timer *Timer       // or a timer, of which this is the node
}

// nodeOf returns the Node that n is the first field of.
//
//go:norace
func nodeOf(n *heap.Node) *Node { return (*Node)(unsafe.Pointer(n)) }

const _ = -unsafe.Offsetof(Node{}.Node) // does not compile unless it is 0

// never is later than any time.
const never = math.MaxInt64
