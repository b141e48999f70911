//go:build linux && amd64 && go1.25 && !go1.28

package gpm

// For tests that use packages above.
var (
	HammerTime = hammerTime
	HammerRand = hammerRand
)
