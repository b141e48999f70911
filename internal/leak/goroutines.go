package leak

import (
	"runtime"
	"strings"
)

// kept are functions that show a goroutine as one that a package starts once and
// never ends. The runtime's for cleanups shows only while it runs one.
var kept = []string{"os/signal.signal_recv(", "os/signal.loop(", "runtime.runCleanups("}

// goroutines returns the stacks of all goroutines except the caller's and the
// kept, by "goroutine" and number. Numbers are never used again.
func goroutines() map[string]string {
	b := make([]byte, 64<<10)
	n := runtime.Stack(b, true)
	for n == len(b) {
		b = make([]byte, 2*len(b))
		n = runtime.Stack(b, true)
	}
	stacks := make(map[string]string)
	for i, stack := range strings.Split(strings.TrimSpace(string(b[:n])), "\n\n") {
		id, _, _ := strings.Cut(stack, " [")
		if i > 0 && !isKept(stack) { // the first is the caller's
			stacks[id] = stack
		}
	}
	return stacks
}

func isKept(stack string) bool {
	for _, k := range kept {
		if strings.Contains(stack, k) {
			return true
		}
	}
	return false
}
