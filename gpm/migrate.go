//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"fmt"

	"github.com/gokern/gokern/preempt"
)

// Tasks that must stay on their CPU: percpu.MigrateDisable.

// stays reports whether t, which leaves a CPU that its attributes do not allow,
// must stay there: percpu.MigrateEnable sees the note and has it leave again.
// Context: g0.
//
//go:norace
func (t *Task) stays() bool {
	if !t.NoMigrate() {
		return false
	}
	t.Stayed()
	return true
}

// stay returns the CPU where t must stay, for a task that has become runnable.
//
//go:norace
func (k *Kernel) stay(t *Task) *vcpu {
	if !t.allowed.has(t.last) {
		t.Stayed()
	}
	return k.cpus[t.last]
}

// clearMigrate ends all sections of percpu.MigrateDisable that t is in, and
// reports whether there was one. Context: t itself, or its end.
//
//go:norace
func (t *Task) clearMigrate() bool {
	was := t.NoMigrate()
	for t.NoMigrate() {
		t.AddNoMigrate(^uint32(0))
	}
	return was
}

// stayedToEnd reports a task that ended in such a section.
func (t *Task) stayedToEnd() {
	preempt.Raise(fmt.Sprintf("%v ended with migration disabled", t))
}
