//go:build linux && amd64 && go1.25 && !go1.28

package goport

import (
	"fmt"
	"regexp"
	"runtime"
)

// certified matches the Go versions whose sources were read for this port.
var certified = regexp.MustCompile(`^go1\.(25|26|27)(\.|rc|$|-| )`)

var resolved []patch

// Resolve finds everything that the port depends on and changes nothing. It
// returns what it found, also with an error, which says what is missing.
func Resolve() (*Report, error) {
	resolving.Lock()
	defer resolving.Unlock()
	r := &Report{GoVersion: runtime.Version()}
	if !certified.MatchString(runtime.Version()) {
		return r, fmt.Errorf("version %s of Go is not certified", runtime.Version())
	}
	s, err := loadSymbols()
	if err != nil {
		return r, err
	}
	keepCoro()
	for _, step := range []func(*symbols, *Report) error{resolveFunctions, resolveOffsets, resolveTimers, resolveGCWaiting, resolveNetpoll, resolveLock, resolveGuard, resolveCallers} {
		if err := step(s, r); err != nil {
			return r, err
		}
	}
	found, err := resolveSites(s, r)
	if err != nil {
		return r, err
	}
	for _, p := range found {
		if d := int64(p.hook) - int64(p.call); d != int64(int32(d)) {
			return r, fmt.Errorf("the hooks are %d bytes from the runtime's text, over 2 GB", d)
		}
	}
	resolved = found
	bindFunctions()
	return r, nil
}
