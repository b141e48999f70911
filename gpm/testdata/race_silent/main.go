// Two tasks on one CPU change a variable with preemption off: that is
// synchronisation, and the race detector must say nothing.
package main

import (
	"context"
	"time"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/preempt"
)

var shared int

func main() {
	k, err := gpm.Boot(gpm.Config{CPUs: 1, Slice: 100 * time.Microsecond})
	if err != nil {
		panic(err)
	}
	var tasks []*gpm.Task
	for range 2 {
		t, err := k.Spawn(gpm.Attr{}, func() {
			for range 200_000 {
				preempt.Disable()
				shared++
				preempt.Enable()
			}
		})
		if err != nil {
			panic(err)
		}
		tasks = append(tasks, t)
	}
	for _, t := range tasks {
		if err := t.Wait(context.Background()); err != nil {
			panic(err)
		}
	}
	if shared != 400_000 {
		panic(shared)
	}
	if err := k.Shutdown(context.Background()); err != nil {
		panic(err)
	}
	println("done")
}
