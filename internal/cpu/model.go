package cpu

// Preemption models, in the order in which they preempt less and less: those from
// ModelVoluntary on never take a CPU from a task that does not give it away.
// Package preempt says what they mean.
const (
	ModelFull = iota
	ModelLazy
	ModelVoluntary
	ModelNone
)

// model is the model in force. Only SetModel writes it; the interrupt handler, the
// scheduler and package preempt's slow paths read it, so it has cache lines of its
// own.
var model struct {
	_    [128]byte
	word uint32
	_    [124]byte
}

// ModelOffset is where the word is in model, for the assembly.
const ModelOffset = 128

// Model returns the preemption model in force. Context: any.
func Model() uint32 { return Load32(&model.word) }

// SetModel changes it. What CPUs must do about it is for package gpm, which calls.
func SetModel(m uint32) { Store32(&model.word, m) }

// Cooperative reports whether a task keeps its CPU until it gives it away.
// Context: any.
//
//go:norace
func Cooperative() bool { return Load32(&model.word) >= ModelVoluntary }
