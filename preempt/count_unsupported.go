//go:build !(linux && amd64)

package preempt

func disable()           { disableRare() }
func disableCPU() int    { disableRare(); return -1 }
func tryDisableCPU() int { return -1 }
func tryDisable() bool   { return false }
func enable()            { enableRare() }
func enableNoResched()   { enableRare() }

func unlockWord(p *uint32) { unlockRare(p) }
