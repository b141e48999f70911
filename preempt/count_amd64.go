//go:build linux && amd64

package preempt

// See count_amd64.s.

func disable()
func disableCPU() int
func tryDisableCPU() int
func enable()
func enableNoResched()

func tryDisable() bool

//go:noescape
func unlockWord(p *uint32)
