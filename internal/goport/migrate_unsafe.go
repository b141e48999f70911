package goport

import (
	"unsafe"

	"github.com/gokern/gokern/internal/cpu"
)

// Whether a task may be moved to another CPU. The task changes its count while
// it runs; code on g0 reads it while the task does not, or is about to leave
// its CPU. So none of these words needs to be atomic.

// Current returns the calling task, nil outside one. Context: any.
//
//go:norace
func Current() *Task { return (*Task)(unsafe.Pointer(cpu.Current())) }

// AddNoMigrate adds n, modulo 1<<32, to the count of MigrateDisable and returns
// the new one. Context: t itself.
//
//go:norace
func (t *Task) AddNoMigrate(n uint32) uint32 {
	t.noMigrate += n
	return t.noMigrate
}

// NoMigrate reports whether t must stay on the CPU that ran it last.
//
//go:norace
func (t *Task) NoMigrate() bool { return t.noMigrate != 0 }

// Stayed notes that t has stayed on a CPU that its attributes do not allow.
// Context: g0, where t is not running.
//
//go:norace
func (t *Task) Stayed() { t.stayed = 1 }

// TakeStayed returns and clears that note. Context: t itself.
//
//go:norace
func (t *Task) TakeStayed() bool {
	s := t.stayed
	t.stayed = 0
	return s != 0
}

// SetSingle says whether t's attributes allow one CPU only.
//
//go:norace
func (t *Task) SetSingle(single bool) { t.single = single }

// Single reports whether they do.
//
//go:norace
func (t *Task) Single() bool { return t.single }
