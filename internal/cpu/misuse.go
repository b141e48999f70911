package cpu

// Misuse is called when a this_cpu operation finds no CPU, or no word. Package
// percpu sets it; it reports a BUG.
var Misuse = func() {}

func misuse() { Misuse() }

// CountResult says what AreaCount has found.
type CountResult uint8

const (
	CountDone    CountResult = iota
	CountPublish             // counted; there is now more than a batch to publish
	CountOutside             // not counted: there is no CPU, or no word
)
