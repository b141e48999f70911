package main

// changed returns the number of the first signal whose handler is another now,
// 0 if none is.
func changed(before, after [signals + 1]uintptr) int {
	for sig := range before {
		if before[sig] != after[sig] {
			return sig
		}
	}
	return 0
}
