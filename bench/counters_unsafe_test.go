package bench

import (
	"sync/atomic"
	"unsafe"
)

// sharded is a counter with a part for each P, as github.com/cespare/percpu has
// (that module could not be fetched): procPin says which P this is, and the
// part is changed atomically, for the caller may be elsewhere by then. It has no
// interfaces to convert, so it is a little faster than the model.
type sharded struct {
	shards []shard
}

type shard struct {
	n atomic.Int64
	_ [128 - unsafe.Sizeof(atomic.Int64{})]byte
}

func newSharded(procs int) *sharded { return &sharded{shards: make([]shard, procs)} }

func (c *sharded) Add(n int64) {
	p := procPin()
	procUnpin()
	c.shards[p].n.Add(n)
}
