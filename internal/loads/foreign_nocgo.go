//go:build !cgo

package loads

// There is no C in this build.
var foreign []Load
