package lockdep

import (
	"fmt"
	"runtime"
	"strings"
)

const module = "github.com/gokern/gokern/"

// ofLocks reports whether f is a lock's own code.
func ofLocks(f runtime.Frame) bool {
	rest, ok := strings.CutPrefix(f.Function, module)
	if !ok || strings.HasSuffix(f.File, "_test.go") {
		return false
	}
	for _, p := range []string{"lock.", "lock/", "internal/goport."} {
		if strings.HasPrefix(rest, p) {
			return true
		}
	}
	return false
}

// at says in one line where it was.
func (t trace) at() string {
	if f := t.frames(); len(f) > 0 {
		return describe(f[0])
	}
	return "an unknown place"
}

func describe(f runtime.Frame) string { return fmt.Sprintf("%s (%s:%d)", f.Function, f.File, f.Line) }

// write writes the stack, indented.
func (t trace) write(b *strings.Builder, indent string) {
	for _, f := range t.frames() {
		fmt.Fprintf(b, "%s%s\n%s\t%s:%d\n", indent, f.Function, indent, f.File, f.Line)
	}
}

// String names the class.
func (c *classInfo) String() string {
	name := ""
	switch k := keyNumbered(c.key); {
	case k != nil && k.name != "":
		name = k.name
	case k != nil:
		f, _ := runtime.CallersFrames([]uintptr{k.site}).Next()
		name = fmt.Sprintf("%s:%d", short(f.File), f.Line)
	default:
		name = fmt.Sprintf("lock#%d", c.key-min(c.key, uint32(len(keys))))
		if f := c.first.frames(); len(f) > 0 {
			name += fmt.Sprintf("@%s:%d", short(f[0].File), f[0].Line)
		}
	}
	if c.sub != 0 {
		name += fmt.Sprintf("/%d", c.sub)
	}
	return name
}

// short returns a path's last two elements.
func short(file string) string {
	i := strings.LastIndexByte(file, '/')
	if i > 0 {
		i = strings.LastIndexByte(file[:i], '/')
	}
	return file[i+1:]
}

var kindNames = [...]string{"raw spinlock", "spinlock", "sleeping lock", "RCU read section", "RCU-sched read section", "SRCU read section", "local lock"}

// String returns what Linux calls such a lock.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

var modeNames = [...]string{"exclusive", "shared", "shared, recursive"}

// String names the mode.
func (m Mode) String() string {
	if int(m) < len(modeNames) {
		return modeNames[m]
	}
	return fmt.Sprintf("Mode(%d)", uint8(m))
}

func (h *holding) String() string {
	s := fmt.Sprintf("%s (%s, %s)", &h.class, h.class.kind, h.mode)
	switch {
	case h.context&hardIRQ != 0:
		s += " in a hard interrupt"
	case h.context&softIRQ != 0:
		s += " in a softirq"
	}
	return s
}

// on names the task, and its goroutine.
func (t taskRef) on(goid uint64) string {
	if t.id == 0 {
		return fmt.Sprintf("goroutine %d", goid)
	}
	return fmt.Sprintf("task %d %q (goroutine %d)", t.id, t.name, goid)
}

// who says who it was.
func who(r *Report) string {
	s := r.task.on(r.goid)
	if r.cpu >= 0 {
		s += fmt.Sprintf(" on CPU %d", r.cpu)
	}
	if r.count != 0 {
		s += fmt.Sprintf(", preempt_count %#x", r.count)
	}
	switch {
	case r.context&hardIRQ != 0:
		s += ", in a hard interrupt"
	case r.context&softIRQ != 0:
		s += ", in a softirq"
	case r.hardOff:
		s += ", interrupts masked"
	}
	return s
}

// Error is the whole report, of several lines.
func (r *Report) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "BUG: %v", problemErrors[r.kind])
	if r.op != "" {
		fmt.Fprintf(&b, ": %s", r.op)
	}
	fmt.Fprintf(&b, "\n%s", who(r))
	if r.where != 0 {
		fmt.Fprintf(&b, ", at\n")
		r.where.write(&b, "  ")
	} else {
		b.WriteByte('\n')
	}
	r.body(&b)
	if s := r.Scenario(); s != "" {
		fmt.Fprintf(&b, "\nThis could happen:\n\n%s", s)
	}
	return strings.TrimRight(b.String(), "\n")
}

// body writes what the report is about.
func (r *Report) body(b *strings.Builder) {
	if r.unsafe.class.key != 0 {
		irq := "hard interrupts"
		if r.soft {
			irq = "softirqs"
		}
		fmt.Fprintf(b, "\n%s is taken in %s, at\n", &r.safe.class, irq)
		r.safe.where.write(b, "  ")
		fmt.Fprintf(b, "\n%s is held with %s enabled, at\n", &r.unsafe.class, irq)
		r.unsafe.where.write(b, "  ")
	}
	for i := range r.links[:r.nlinks] {
		l := &r.links[i]
		fmt.Fprintf(b, "\n%s was held (%s) when %s was taken (%s):\nheld since\n", &l.from, l.dep.outer(), &l.to, l.dep.inner())
		l.outer.write(b, "  ")
		b.WriteString("taken at\n")
		l.inner.write(b, "  ")
	}
	if r.cut {
		b.WriteString("\n(more dependencies are left out)\n")
	}
	for i := range r.locks[:r.nlocks] {
		h := &r.locks[i]
		verb := "holds"
		if h.waiting {
			verb = "waits for"
		}
		switch {
		case h.goid == 0:
			fmt.Fprintf(b, "\nthe lock is %s\n", &h.class)
			continue
		default:
			fmt.Fprintf(b, "\n%s %s %v, at\n", h.task.on(h.goid), verb, h)
		}
		h.where.write(b, "  ")
	}
}

func (d dep) outer() string {
	switch {
	case d&(depER|depEN) == 0:
		return "shared"
	case d&(depSR|depSN) == 0:
		return "exclusively"
	}
	return "exclusively and shared"
}

func (d dep) inner() string {
	switch {
	case d&(depEN|depSN) == 0:
		return "by recursive readers"
	case d&(depER|depSR) == 0:
		return "waiting for all"
	}
	return "in both ways"
}
