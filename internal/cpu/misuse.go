package cpu

// Misuse is called when a this_cpu operation finds no CPU, or no word: missing
// says what. Package percpu sets it; it reports a BUG.
var Misuse = func(missing Missing) {}

// Missing is what an operation did not find.
type Missing uint8

const (
	NoCPU   Missing = iota // this is an ordinary goroutine
	NoWord                 // it is released, or was never made
	NoCount                // likewise, of a Count
)

// misuse is where the assembly goes.
func misuse() {
	if This() == nil {
		Misuse(NoCPU)
	} else {
		Misuse(NoWord)
	}
}
