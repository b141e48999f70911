package cpu

// The word of a task in which RCU counts its read-side sections. Only the task
// writes it, by single instructions, and, in the task's place, code on g0 and in
// the signal handler of the CPU that runs it.
const (
	// ReaderOffset is where it is in a task, Block.Current.
	ReaderOffset = 8
	// ReaderSpecial is set if the end of the outermost section has something to
	// do: the task was switched out in it, or somebody waits for this CPU. It is
	// the sign, so that one branch sees it, and an end without beginning.
	ReaderSpecial = 1 << 31
	// ReaderDepth are the bits that count sections.
	ReaderDepth = ReaderSpecial - 1
)

// What may be asked of the handler, bits of Block.Asked.
const (
	AskQuiet  = 1 << iota // count a quiescent state
	AskSample             // leave a sample of the stack where there is none
)

// ReadSlow are what ReadEnter and ReadExit call where one instruction is not
// enough. Package lock/rcu sets them.
var ReadSlow struct {
	Enter, Exit func() // the caller is no task, or ReadChecked is set
	Special     func() // the word has become negative
}

// ReadChecked is 1 if all sections are to go through ReadSlow: for the validator.
var ReadChecked uint32

func readEnterSlow()   { ReadSlow.Enter() }
func readExitSlow()    { ReadSlow.Exit() }
func readExitSpecial() { ReadSlow.Special() }
