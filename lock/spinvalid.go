package lock

import "github.com/gokern/gokern/lock/lockdep"

// What the validator finds may be a panic: then nothing must be left locked,
// masked or disabled.

// spinAcquire tells the validator that a lock is about to be waited for, or, with
// try, has been got; undo takes back what was done for that.
func spinAcquire(dep *lockdep.Map, kind lockdep.Kind, mode lockdep.Mode, try bool, subclass int, undo func()) {
	orUndo(func() { dep.Acquire(kind, mode, try, subclass) }, undo)
}

// orUndo calls f, and undo if f panics.
func orUndo(f, undo func()) {
	done := false
	defer func() {
		if !done {
			undo()
		}
	}()
	f()
	done = true
}
