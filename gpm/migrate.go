//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"fmt"

	"github.com/gokern/gokern/preempt"
)

// Tasks that must stay on their CPU: percpu.MigrateDisable.

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
