//go:build !race

package lock

import "github.com/gokern/gokern/preempt"

func disable() { preempt.Disable() }
func enable()  { preempt.Enable() }
