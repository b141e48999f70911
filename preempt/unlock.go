package preempt

import "github.com/gokern/gokern/internal/cpu"

// unlockRare is where unlockWord jumps to if the caller is no task or the count was
// zero or within 10 of its mask. The count has been lowered, *p is as it was.
func unlockRare(p *uint32) {
	switch word, ok := cpu.Word(); {
	case !ok:
		cpu.RestoreOutside()
		bug("Unlock of a spinning lock outside a task")
	case word&PreemptMask == PreemptMask:
		cpu.AddCount(1)
		bug("Unlock of a spinning lock with preemption enabled: it is not held here")
	default:
		cpu.ReleaseByte(p)
	}
}
