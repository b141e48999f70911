//go:build !(linux && amd64)

package preempt

func disable()         { disableOutside() }
func enable()          { enableOutside() }
func enableNoResched() { enableOutside() }
