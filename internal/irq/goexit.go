package irq

// CheckReturn, deferred by what calls functions of users' in a task that is not
// theirs, panics if one of them has ended that task by runtime.Goexit, as FailNow of a
// test does: else nobody would serve the others. returned: it has come to its end.
func CheckReturn(returned *bool) {
	if *returned {
		return
	}
	if v := recover(); v != nil {
		panic(v) // on top of the old one's stack
	}
	panic("gokern: BUG: a callback called runtime.Goexit")
}
