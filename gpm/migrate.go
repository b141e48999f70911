//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"fmt"

	"github.com/gokern/gokern/preempt"
)

// Tasks that must stay on their CPU: percpu.MigrateDisable.

// stay returns the CPU where t must stay, for a task that has become runnable, or
// that leaves the CPU because its attributes do not allow it there. Then t is
// told: percpu.MigrateEnable has it leave again. Context: g0.
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
