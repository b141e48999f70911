//go:build linux && amd64

package cpu

// ReadEnter begins a read-side section of the current task. See reader_amd64.s.
func ReadEnter()

// ReadExit ends one.
func ReadExit()

// ReadAdd adds n, modulo 1<<32, to the current task's word and returns the new
// one; ok is false outside a task.
func ReadAdd(n uint32) (word uint32, ok bool)

// ReadWord returns the current task's word, 0 outside a task.
func ReadWord() uint32
