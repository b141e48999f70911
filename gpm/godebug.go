//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"os"
	"strconv"
	"strings"
)

// asyncPreempt reports whether Go preempts between any two instructions. It
// reads GODEBUG as the runtime does: the last number given for a name counts,
// and checking the collector's marks turns such preemption off too.
func asyncPreempt() bool {
	off := map[string]bool{}
	for _, s := range strings.Split(os.Getenv("GODEBUG"), ",") {
		name, value, _ := strings.Cut(s, "=")
		n, err := strconv.ParseInt(value, 10, 32)
		if err == nil {
			off[name] = name == "asyncpreemptoff" && n != 0 || name == "gccheckmark" && n > 0
		}
	}
	return !off["asyncpreemptoff"] && !off["gccheckmark"]
}
