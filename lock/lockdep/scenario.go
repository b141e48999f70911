package lockdep

import (
	"fmt"
	"strings"
)

// picture is a table of what each CPU does, from the top downwards in time.
type picture struct {
	rows [][]string
	cpus int
}

func (p *picture) add(cpu int, what string) {
	row := make([]string, cpu+1)
	row[cpu] = what
	p.rows = append(p.rows, row)
	p.cpus = max(p.cpus, cpu+1)
}

func (p *picture) String() string {
	width := 8
	for _, row := range p.rows {
		for _, cell := range row {
			width = max(width, len(cell)+3)
		}
	}
	var b strings.Builder
	line := func(cells []string) {
		s := ""
		for _, c := range cells {
			s += fmt.Sprintf("%-*s", width, c)
		}
		fmt.Fprintf(&b, "    %s\n", strings.TrimRight(s, " "))
	}
	head, under := make([]string, p.cpus), make([]string, p.cpus)
	for i := range p.cpus {
		head[i] = fmt.Sprintf("CPU%d", i)
		under[i] = "----"
	}
	line(head)
	line(under)
	for _, row := range p.rows {
		line(row)
	}
	return b.String() + "\n     *** DEADLOCK ***\n"
}

// Scenario draws the interleaving by which the problem would be a deadlock, a
// column for each CPU; "" if that is not the problem.
func (r *Report) Scenario() string {
	p := new(picture)
	switch r.kind {
	case recursive:
		if r.nlocks < 2 {
			return ""
		}
		for i := range r.locks[:2] {
			p.add(0, take(&r.locks[i].class, r.locks[i].mode))
		}
		return p.String() + "\n     May be due to missing lock nesting notation (subclasses)\n"
	case circular:
		r.drawCircle(p)
	case inconsistent:
		p.add(0, r.unsafe.take())
		p.add(0, r.interrupt())
		p.add(0, "  "+r.safe.take())
	case inversion, unsafeDependency:
		r.drawInversion(p)
	case deadlock:
		r.drawDeadlock(p)
	default:
		return ""
	}
	return p.String()
}

// drawCircle gives each class of the circle a CPU that has it and wants the next.
func (r *Report) drawCircle(p *picture) {
	links := r.links[:r.nlinks]
	for i := range links {
		p.add(i, takeIf(&links[i].from, links[i].dep&(depER|depEN) == 0))
	}
	for i := range links {
		p.add(i, takeIf(&links[i].to, links[i].dep&(depEN|depSN) == 0))
	}
}

// drawInversion has CPU 0 hold the unsafe class when the interrupt comes that
// takes the safe one; others have that, and those between.
func (r *Report) drawInversion(p *picture) {
	links := r.links[:r.nlinks]
	p.add(0, r.unsafe.take())
	for i := range links {
		if i == 0 {
			p.add(1, "local_irq_disable()")
		}
		p.add(i+1, takeIf(&links[i].from, links[i].dep&(depER|depEN) == 0))
	}
	for i := range links {
		p.add(i+1, takeIf(&links[i].to, links[i].dep&(depEN|depSN) == 0))
	}
	p.add(0, r.interrupt())
	p.add(0, "  "+r.safe.take())
}

// drawDeadlock has each goroutine's two locks: had, and waited for.
func (r *Report) drawDeadlock(p *picture) {
	for want := range 2 {
		for i := want; i < int(r.nlocks); i += 2 {
			p.add(i/2, take(&r.locks[i].class, r.locks[i].mode))
		}
	}
}

func (r *Report) interrupt() string {
	if r.soft {
		return "<softirq>"
	}
	return "<interrupt>"
}

func (u *usedClass) take() string { return takeIf(&u.class, u.read) }

func takeIf(c *classInfo, shared bool) string {
	if shared {
		return take(c, Shared)
	}
	return take(c, Exclusive)
}

func take(c *classInfo, m Mode) string {
	if m == Exclusive {
		return fmt.Sprintf("lock(%s)", c)
	}
	return fmt.Sprintf("rlock(%s)", c)
}
