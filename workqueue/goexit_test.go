package workqueue_test

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/kerneltest"
	"github.com/gokern/gokern/workqueue"
)

// A function that ends its worker stops the program, with a message; a panic stays
// what it is.
func TestGoexit(t *testing.T) {
	for name, c := range map[string]struct {
		want string
		fn   func()
	}{
		"goexit": {"BUG: a callback called runtime.Goexit", runtime.Goexit},
		"panic":  {"panic: its own", func() { panic("its own") }},
	} {
		t.Run(name, func(t *testing.T) {
			out := kerneltest.Crash(t, func(*gpm.Kernel) {
				_, _ = workqueue.SystemWQ.Queue(workqueue.New(func(*workqueue.Work) { c.fn() }))
			})
			assert.Contains(t, out, c.want)
			assert.Contains(t, out, "TestGoexit.", "not where it was")
		})
	}
}
