package preempt

// Fields of the preempt_count, as in Linux's include/linux/preempt.h.
const (
	PreemptBits = 8
	SoftIRQBits = 8
	HardIRQBits = 4
	NMIBits     = 4

	PreemptShift = 0
	SoftIRQShift = PreemptShift + PreemptBits
	HardIRQShift = SoftIRQShift + SoftIRQBits
	NMIShift     = HardIRQShift + HardIRQBits

	PreemptMask = (1<<PreemptBits - 1) << PreemptShift
	SoftIRQMask = (1<<SoftIRQBits - 1) << SoftIRQShift
	HardIRQMask = (1<<HardIRQBits - 1) << HardIRQShift
	NMIMask     = (1<<NMIBits - 1) << NMIShift

	PreemptOffset = 1 << PreemptShift
	SoftIRQOffset = 1 << SoftIRQShift
	HardIRQOffset = 1 << HardIRQShift
	NMIOffset     = 1 << NMIShift

	// SoftIRQDisableOffset is what disabling softirqs adds; serving one adds
	// SoftIRQOffset, so that the two can be told apart.
	SoftIRQDisableOffset = 2 * SoftIRQOffset

	// Active is PREEMPT_ACTIVE: set while preempt_schedule switches, so that
	// the task stays on its queue whatever its state.
	Active = 1 << 24
)
