package gpm

import "fmt"

// State is what a task does at a moment.
type State uint8

const (
	// Blocked: it waits for something.
	Blocked State = iota
	// Runnable: it waits for a CPU.
	Runnable
	// Running: it has a CPU (and may be in a system call).
	Running
	// Dead: it has ended, or has left the kernel.
	Dead
)

// String returns the state's name.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprintf("State(%d)", uint8(s))
}

var stateNames = [...]string{"blocked", "runnable", "running", "dead"}
