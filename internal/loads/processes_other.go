//go:build !unix

package loads

// No program is known to be there.
var processes []Load
