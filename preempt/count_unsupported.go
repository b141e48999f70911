//go:build !(linux && amd64)

package preempt

func disable()         { disableRare() }
func enable()          { enableRare() }
func enableNoResched() { enableRare() }
