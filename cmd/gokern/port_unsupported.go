//go:build !(linux && amd64 && go1.25 && !go1.28)

package main

import "runtime"

// addPort adds that this build has no port to Go's runtime.
func addPort(r *report) {
	const needs = "linux/amd64, go1.25 to go1.27"
	r.add(groupBuild, "port to Go's runtime", "none for "+runtime.GOOS+"/"+runtime.GOARCH+", "+runtime.Version(), "needs "+needs, missing)
}

// patched returns 0: nothing is retargeted.
func patched() int { return 0 }
