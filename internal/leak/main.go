package leak

import (
	"fmt"
	"os"
	"os/signal"
	"strings"
	"testing"

	"github.com/gokern/gokern/preempt"
)

// Main is a TestMain: it runs the tests, with the checks of preempt.SetDebug on,
// and ends the process. If they pass but leave something behind, it says what
// and the exit code is 1.
func Main(m *testing.M) {
	preempt.SetDebug(true)
	// The first Notify starts a goroutine of Go's that blocks signals on a
	// thread for good, perhaps on the one whose mask is compared.
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	signal.Stop(c)
	before := Take()
	code := m.Run()
	if code == 0 {
		if found := before.Diff(); found != nil {
			fmt.Fprintf(os.Stderr, "FAIL: the tests leaked:\n%s\n", strings.Join(found, "\n\n"))
			code = 1
		}
	}
	os.Exit(code)
}
