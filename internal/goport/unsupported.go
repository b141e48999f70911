//go:build !(linux && amd64 && go1.25 && !go1.28)

package goport

// BlockInterrupt does nothing: there are no interrupts on this system.
func BlockInterrupt(bool) {}
