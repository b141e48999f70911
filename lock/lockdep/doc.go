// Package lockdep is the validator of the locks: it proves their rules from what
// single tasks do, so that no deadlock has to happen for one to be found. Linux's
// lockdep is its model.
//
// It is off by default and costs one branch for each operation then.
package lockdep
