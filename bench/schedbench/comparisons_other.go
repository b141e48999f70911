//go:build !linux

package main

import "github.com/gokern/gokern/gpm"

// comparisons fails: where there is no kernel there is nothing to compare.
func comparisons(string, options) ([]*comparison, error) { return nil, gpm.ErrUnsupported }
