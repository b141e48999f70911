package lockdep

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/signals"
)

// WriteWaitGraph writes who waits for which lock, and who has it, as far as the
// validator has seen; in the order in which they are found. Tasks go on meanwhile,
// so what is written need not have been so at one moment. It returns w's error.
// Context: may block.
func WriteWaitGraph(w io.Writer) error {
	b := bufio.NewWriter(w)
	if made.Load() {
		all := copyHeld()
		for i := range all {
			if all[i].waiting {
				writeWait(b, &all[i], all)
			}
		}
	}
	return b.Flush()
}

func writeWait(w io.Writer, h *heldBy, all []heldBy) {
	verb := "is getting"
	if h.blocked {
		verb = "waits for"
	}
	fmt.Fprintf(w, "%s %s %v\n    at %s\n", h.who(), verb, &h.holding, h.where.at())
	owners := 0
	for i := range all {
		if o := &all[i]; o.m == h.m && !o.waiting {
			owners++
			fmt.Fprintf(w, "    held by %s (%s)\n    since %s\n", o.who(), o.mode, o.where.at())
		}
	}
	if owners == 0 {
		fmt.Fprintln(w, "    held by nobody that is known")
	}
}

func (h *holding) who() string { return h.task.on(h.goid) }

var told struct {
	sync.Mutex
	last string
}

// parked is called when all CPUs have blocked without work. If somebody waits
// for a lock that is held, who holds it is blocked by something else: that may be
// all right, and may be why nothing can run.
func parked(log *slog.Logger) {
	if !On() {
		return
	}
	var b strings.Builder
	all := copyHeld()
	for i := range all {
		if all[i].waiting {
			writeWait(&b, &all[i], all)
		}
	}
	told.Lock()
	same := told.last == b.String()
	told.last = b.String()
	told.Unlock()
	if b.Len() > 0 && !same {
		log.Warn("gokern: no task can run, and some wait for locks\n" + b.String())
	}
}

// irqsOn is called when the caller has enabled interrupts, or softirqs.
func irqsOn() {
	if On() {
		c := call{op: opIRQsOn}
		c.runLazily()
		c.deliver(nil)
	}
}

// hooks has the kernel call the validator, or not.
func hooks(yes bool) {
	if yes {
		gpm.SetHooks(taskExit, parked)
		signals.SetUnmaskHook(irqsOn)
	} else {
		gpm.SetHooks(nil, nil)
		signals.SetUnmaskHook(nil)
	}
}
