package percpu

import (
	"github.com/gokern/gokern/internal/goport"
	"github.com/gokern/gokern/preempt"
)

// MigrateDisable keeps the calling task on its CPU until MigrateEnable; calls
// nest. The task can be preempted all the while, and may block: whatever wakes
// it, it goes on on the same CPU. Others run there in between, so this protects
// no data. Task.SetAttr with other CPUs takes effect at MigrateEnable. Outside a
// task it is a BUG. Context: a task. Linux: migrate_disable().
func MigrateDisable() {
	t := goport.Current()
	switch {
	case t == nil:
		preempt.Raise("MigrateDisable outside a task")
	case t.AddNoMigrate(1) == maxMigrate:
		t.AddNoMigrate(^uint32(0))
		preempt.Raise("MigrateDisable: nested too deep")
	}
}

// maxMigrate bounds the nesting, as Linux's type of the count does.
const maxMigrate = 1 << 16

// MigrateEnable ends the section that MigrateDisable began. If the task should
// be on another CPU by now, it moves when the outermost ends. Without
// MigrateDisable, or outside a task, it is a BUG; so is a task's end in such a
// section. Context: a task. Linux: migrate_enable().
func MigrateEnable() {
	t := goport.Current()
	switch {
	case t == nil:
		preempt.Raise("MigrateEnable outside a task")
	case !t.NoMigrate():
		preempt.Raise("MigrateEnable without MigrateDisable")
	case t.AddNoMigrate(^uint32(0)) == 0 && t.TakeStayed():
		// Whoever leaves a CPU that is not allowed is put elsewhere. In an
		// atomic section its end does it.
		preempt.SetNeedResched()
		preempt.CheckResched()
	}
}
