// Two tasks on one CPU change the CPU's variable without GetPtr: the race
// detector must report it.
package main

import (
	"context"
	"time"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/percpu"
)

var number = percpu.NewVar[int]()

func main() {
	k, err := gpm.Boot(gpm.Config{CPUs: 1, Slice: 100 * time.Microsecond})
	if err != nil {
		panic(err)
	}
	for range 2 {
		if _, err := k.Spawn(gpm.Attr{}, func() {
			for range 20_000 {
				*number.RawThis()++
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
