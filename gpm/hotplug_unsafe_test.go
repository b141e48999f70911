//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import "unsafe"

// pokeOnG0 sends CPU p an interrupt, whatever it does.
//
//go:norace
func pokeOnG0(p unsafe.Pointer) { arg[vcpu](p).interrupt() }
