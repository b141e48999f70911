//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import "github.com/gokern/gokern/percpu"

// counts are statistics that a kernel's CPUs keep of themselves. What the assembly
// counts is in the block, and how often a CPU has switched in its vcpu, where the
// pick reads it.
type counts struct {
	migrations *percpu.Word[uint64]
	pulls      *percpu.Word[uint64] // tasks taken from other CPUs' queues
	handovers  *percpu.Word[uint64] // times Go was given the P
	sleeps     *percpu.Word[uint64] // times it went to sleep
	polls      *percpu.Word[uint64] // times it asked Go's network poller
	fetches    *percpu.Word[uint64] // times it woke tasks that Go's threads had found there
	departures *percpu.Word[uint64] // times a task took its thread away
}

func newCounts() counts {
	word := percpu.NewWord[uint64]
	return counts{migrations: word(), pulls: word(), handovers: word(), sleeps: word(), departures: word(), polls: word(), fetches: word()}
}
