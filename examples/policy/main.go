// Command policy shows a scheduling policy of the user's own: two tenants share
// one CPU half and half, though one has ten tasks that compute and the other one.
package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/gokern/gokern/gpm"
	"go.uber.org/atomic"
)

func main() {
	shares, err := run(newTenants(), time.Second)
	if err != nil {
		log.Fatal(err)
	}
	for _, name := range []string{"large", "small"} {
		fmt.Printf("%s got %.0f %%\n", name, 100*shares[name])
	}
}

// run has both compute for d, under class, and returns what part of the CPU each got.
func run(class gpm.Class, d time.Duration) (map[string]float64, error) {
	k, err := gpm.Boot(gpm.Config{CPUs: 1})
	if err != nil {
		return nil, err
	}
	defer k.Shutdown(context.Background())
	policy, err := k.Register("tenants", class, 0)
	if err != nil {
		return nil, err
	}
	var stop atomic.Bool
	defer stop.Store(true)
	var tasks []*gpm.Task
	for i := range 11 {
		name := "large"
		if i == 0 {
			name = "small"
		}
		t, err := k.Spawn(gpm.Attr{Name: name, Policy: policy}, func() {
			for !stop.Load() {
				// compute
			}
		})
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, t)
	}
	time.Sleep(d)
	got, sum := map[string]float64{}, 0.0
	for _, t := range tasks {
		got[t.Name()] += t.Runtime().Seconds()
		sum += t.Runtime().Seconds()
	}
	for name := range got {
		got[name] /= sum
	}
	return got, k.PolicyErr(policy)
}
