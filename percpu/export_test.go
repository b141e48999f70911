package percpu

// Offset tells one word's memory from another's.
func (w *Word[T]) Offset() uintptr { return w.off }

// SweepPools empties the lists of all pools, as after a garbage collection.
func SweepPools() { sweepPools() }
