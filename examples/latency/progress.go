package main

import (
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"
)

// progress shows on a terminal how far a half is. It counts everywhere.
type progress struct {
	answered atomic.Int64
	quit     chan struct{} // nil: nothing is shown
	done     chan struct{}
}

// startProgress begins a half that takes about total.
func startProgress(w io.Writer, name string, total time.Duration) *progress {
	p := &progress{}
	if f, ok := w.(*os.File); !ok || !isTerminal(f) {
		return p
	}
	p.quit, p.done = make(chan struct{}), make(chan struct{})
	go func() {
		defer close(p.done)
		start := time.Now()
		tick := time.NewTicker(250 * time.Millisecond)
		defer tick.Stop()
		for {
			s := min(time.Since(start), total).Seconds()
			fmt.Fprintf(w, "\r\x1b[K%s: %.0f of %.0f s, %d requests answered", name, s, total.Seconds(), p.answered.Load())
			select {
			case <-tick.C:
			case <-p.quit:
				fmt.Fprint(w, "\r\x1b[K")
				return
			}
		}
	}()
	return p
}

// add counts an answer.
func (p *progress) add() { p.answered.Add(1) }

// stop removes the line from the terminal.
func (p *progress) stop() {
	if p.quit != nil {
		close(p.quit)
		<-p.done
	}
}

// isTerminal reports whether f is one, or another device that is no file.
func isTerminal(f *os.File) bool {
	i, err := f.Stat()
	return err == nil && i.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}
