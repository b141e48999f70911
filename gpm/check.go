package gpm

import "time"

// Check is one step of the self-test.
type Check struct {
	Name    string
	Took    time.Duration // the whole step
	Note    string        // what was seen, or why the step was skipped; may be ""
	Skipped bool          // the step cannot be done here; Err is nil
	Err     error         // why the step failed
}
