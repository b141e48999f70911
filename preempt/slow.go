package preempt

// Where count_amd64.s jumps to when something is rare or wrong.

// enableResched: the count has become zero and somebody wants the CPU.
func enableResched() {
	reportAtomic()
	Schedule()
}

func enableUnderflow() { bug("Enable without Disable: the count would go below zero") }
func enableOutside()   { bug("Enable outside a task") }
func disableOutside()  { bug("Disable outside a task") }
func disableOverflow() { bug("Disable: the count is within 10 of its mask") }
