package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/gokern/gokern/gpm"
)

// A world starts functions beside the caller: goroutines, or tasks of kernel k.
type world struct{ k *gpm.Kernel }

// start runs f at once. Goroutines have no attributes.
func (w world) start(attr gpm.Attr, f func()) error {
	if w.k == nil {
		go f()
		return nil
	}
	return w.k.Go(attr, f)
}

// Which world a side runs in.
const (
	goroutines = false
	tasks      = true
)

// in runs body in a world of its own: one of tasks, with a kernel booted as c
// says, or one of goroutines, with GOMAXPROCS set to c.CPUs. When body returns all
// that it has started must have ended or be about to.
func in(kernel bool, c gpm.Config, body func(world) (measures, error)) (measures, error) {
	if !kernel {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(c.CPUs))
		return body(world{})
	}
	k, err := gpm.Boot(c)
	if errors.Is(err, gpm.ErrUnsupported) {
		return nil, fmt.Errorf("%w: %w", errMissing, err)
	} else if err != nil {
		return nil, err
	}
	m, err := body(world{k})
	if err != nil {
		return nil, err // its tasks may still run: there is no orderly end
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := k.Shutdown(ctx); err != nil {
		return nil, fmt.Errorf("shutdown: %w", err)
	}
	return m, nil
}
