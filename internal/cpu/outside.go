package cpu

// RestoreOutside undoes what a fast path did to Outside.Count. Threads may race
// here: each leaves the same value, which is all that counts.
//
//go:norace
func RestoreOutside() { Outside.Count = OutsideCount }
