//go:build linux && amd64 && go1.25 && !go1.28

package readers

import "github.com/gokern/gokern/internal/goport"

// Go starts fn as an ordinary goroutine, whoever calls.
func Go(fn func()) { goport.GoOrdinary(fn) }
