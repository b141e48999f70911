//go:build !linux

package loads

// Without thread ids there is nothing to check.
var threads []Load
