package main

import (
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/gokern/gokern/internal/goport"
)

// addBuild adds what is known of the Go version, its settings and the build.
func addBuild(r *report) {
	if off := goport.AsyncPreemptOff(); off != "" {
		r.add(groupBuild, "preemption by signals", "off: "+off, "GODEBUG", limits)
	} else {
		r.add(groupBuild, "preemption by signals", "on", "GODEBUG", good)
	}
	r.add(groupBuild, "GOMAXPROCS", strconv.Itoa(runtime.GOMAXPROCS(0)), "runtime.GOMAXPROCS", info)

	settings, ok := map[string]string{}, false
	if b, found := debug.ReadBuildInfo(); found {
		ok = true
		for _, s := range b.Settings {
			settings[s.Key] = s.Value
		}
	}
	for _, f := range []struct{ name, value string }{
		{"build mode", settings["-buildmode"]},
		{"race detector", onOff(settings["-race"] == "true")},
		{"optimisation", onOff(!hasN(settings["-gcflags"]))},
		{"cgo", onOff(settings["CGO_ENABLED"] == "1")},
	} {
		if !ok || f.value == "" || len(settings) == 0 {
			f.value = "unknown"
		}
		r.add(groupBuild, f.name, f.value, "build information", info)
	}
}

// hasN reports whether -gcflags turns optimisation off.
func hasN(gcflags string) bool {
	_, flags, found := strings.Cut(gcflags, "=") // all=-N -l
	if !found {
		flags = gcflags
	}
	for _, f := range strings.Fields(flags) {
		if f == "-N" {
			return true
		}
	}
	return false
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
