package goport

import (
	"os"
	"strconv"
	"strings"
)

// godebug is what the program was started with: the runtime reads these settings
// once, before the program can change its environment.
var godebug = os.Getenv("GODEBUG")

// AsyncPreemptOff returns the setting of GODEBUG by which this program does not
// preempt between any two instructions, as "asyncpreemptoff=1"; "" if it does.
// Context: any.
func AsyncPreemptOff() string { return asyncPreemptOff(godebug) }

// asyncPreemptOff reads the list as the runtime does: the last number given for
// a name counts, and checking the collector's marks turns such preemption off too.
func asyncPreemptOff(godebug string) string {
	last := map[string]string{}
	for _, s := range strings.Split(godebug, ",") {
		name, value, _ := strings.Cut(s, "=")
		n, err := strconv.ParseInt(value, 10, 32)
		switch {
		case err != nil:
		case name == "asyncpreemptoff" && n != 0, name == "gccheckmark" && n > 0:
			last[name] = s
		default:
			delete(last, name)
		}
	}
	if s := last["asyncpreemptoff"]; s != "" {
		return s
	}
	return last["gccheckmark"]
}
