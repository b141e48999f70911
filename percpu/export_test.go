package percpu

// Offset tells one word's memory from another's.
func (w *Word[T]) Offset() uintptr { return w.off }
