//go:build !(linux && amd64 && go1.25 && !go1.28)

package readers

import "github.com/gokern/gokern/internal/goport"

// Where there are no tasks, nobody is ever in a section.

// Interrupt is never called.
var Interrupt func(i int, ask uint32)

// Describe is never called.
var Describe func(t *goport.Task) Who

// Snap sets r.Done.
func (r *Request) Snap() { r.Done = true }

// Step sets r.Done.
func (r *Request) Step() { r.Done = true }

// Hurry does nothing.
func (r *Request) Hurry(sample bool) {}

// Look finds nothing.
func (r *Request) Look() *Holdup { return new(Holdup) }

// Forget does nothing.
func (c *HeldCPU) Forget() {}

// Answered returns 0.
func (c *HeldCPU) Answered() uint64 { return 0 }

// Sample returns nil.
func (c *HeldCPU) Sample() []uintptr { return nil }

// Exit does nothing.
func Exit(*goport.Task) (blocked bool) { return false }

// Current returns nil.
func Current() *goport.Task { return nil }

// Depth returns 0.
func Depth(*goport.Task) int { return 0 }

// Add returns ok = false.
func Add(uint32) (word uint32, ok bool) { return 0, false }

// Go starts fn.
func Go(fn func()) { go fn() }

// RaceOver does nothing.
func RaceOver() {}
