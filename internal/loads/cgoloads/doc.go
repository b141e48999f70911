// Package cgoloads has the C part of package loads: a call, a call that calls
// back into Go, and a sleep. It is empty in a build without cgo.
package cgoloads
