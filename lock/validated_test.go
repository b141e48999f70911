package lock

import (
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/gokern/gokern/lock/lockdep"
)

var validator = flag.Bool("lockdep", true, "run the tests with the validator on")

// lawless are tests that break the locks' rules, to see what happens, or that take
// locks in any order with a time limit.
var lawless = []string{
	"TestMutexRules", "TestRWSemRules", "TestRTMutexRules", "TestPerCPURWSemRules", "TestWWMutexRules", // lock what they hold
	"TestRTMutexDeadlock", "lock.hammerChains", // deadlocks that RTMutex finds itself
	"TestSpinUnlockByOthers",
	"torture.(*worker).nest", // several locks of one class, in the order of their numbers
}

// validate turns the validator on for all tests: what it finds, outside of those,
// ends the program.
func validate() {
	if !*validator {
		return
	}
	lockdep.Enable()
	found := make(chan *lockdep.Report, 1000)
	lockdep.SetHandler(func(r *lockdep.Report) {
		select {
		case found <- r: // its text is made elsewhere: here it may be atomic
		default:
		}
	})
	go func() {
		for r := range found {
			text := r.Error()
			ok := false
			for _, name := range lawless {
				ok = ok || strings.Contains(text, name)
			}
			if !ok {
				fmt.Fprintln(os.Stderr, text)
				os.Exit(1)
			}
		}
	}()
}
