//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"bytes"
	"os"
	"strconv"
	"time"
)

// hostDelay returns how long thread tid has waited so far for a CPU of the
// machine, while others used it; 0 if this Linux does not say.
func hostDelay(tid int) time.Duration {
	b, err := os.ReadFile("/proc/self/task/" + strconv.Itoa(tid) + "/schedstat")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(b) // running ns, waiting ns, how often
	if len(fields) < 2 {
		return 0
	}
	ns, _ := strconv.ParseInt(string(fields[1]), 10, 64)
	return time.Duration(ns)
}
