// Package kerneltest is what tests of several packages need to run code as tasks.
// It is for tests only.
package kerneltest
