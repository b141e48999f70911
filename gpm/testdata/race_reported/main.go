// Two tasks on one CPU change a variable without any synchronisation: the race
// detector must report it.
package main

import (
	"context"
	"time"

	"github.com/gokern/gokern/gpm"
)

var shared int

func main() {
	k, err := gpm.Boot(gpm.Config{CPUs: 1, Slice: 100 * time.Microsecond})
	if err != nil {
		panic(err)
	}
	for range 2 {
		if _, err := k.Spawn(gpm.Attr{}, func() {
			for range 200_000 {
				shared++
			}
		}); err != nil {
			panic(err)
		}
	}
	if err := k.Shutdown(context.Background()); err != nil {
		panic(err)
	}
	println("done")
}
