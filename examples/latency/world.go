package main

import (
	"context"
	"fmt"
	"time"

	"github.com/gokern/gokern/gpm"
)

// A world is what runs one half: goroutines as Go schedules them, or tasks.
type world struct {
	name string
	// high runs fn, and every goroutine that it starts, as the request path.
	high func(name string, fn func()) error
	// normal runs fn as CPU-bound work.
	normal func(name string, fn func()) error
	// end waits for all that was started and gives the world back.
	end func() error
}

func plainWorld() *world {
	start := func(_ string, fn func()) error {
		go fn()
		return nil
	}
	return &world{name: "plain goroutines", high: start, normal: start, end: func() error { return nil }}
}

// clock returns what the clock of the arrivals is started by.
func (w *world) clock(o options) func(string, func()) error {
	if o.clock == "ordinary" {
		return plainWorld().high
	}
	return w.high
}

func kernelWorld(c gpm.Config) (*world, error) {
	k, err := gpm.Boot(c)
	if err != nil {
		return nil, err
	}
	return &world{
		name: "gokern tasks",
		high: func(name string, fn func()) error {
			_, err := k.Spawn(gpm.Attr{Name: name, Policy: gpm.FIFO, Priority: 50, Inherit: true}, fn)
			return err
		},
		normal: func(name string, fn func()) error {
			_, err := k.Spawn(gpm.Attr{Name: name}, fn)
			return err
		},
		end: func() error {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			if err := k.Shutdown(ctx); err != nil {
				return fmt.Errorf("shutdown: %w", err)
			}
			return nil
		},
	}, nil
}
