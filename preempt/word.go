//go:build !race

package preempt

// TryDisable is Disable where that is right; where it would be a BUG it changes
// nothing and returns false. For package lock, not for users. Context: any.
func TryDisable() bool { return tryDisable() }

// UnlockWord clears the low byte of *p after all that was stored before, and is
// then Enable. Outside a task, or if the count is zero already, it is a BUG and
// changes nothing. For package lock, not for users. Context: a task.
func UnlockWord(p *uint32) { unlockWord(p) }
