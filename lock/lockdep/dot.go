package lockdep

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// WriteDOT writes the graph of lock classes for Graphviz: an edge leads from a
// class to those taken while it was held, with the ways in which that was so (E
// or S, R or N; see the package's comment). A class that is taken in an interrupt
// is red, one held with interrupts enabled green, as far as that is all that is
// known. It returns w's error. Context: may block.
func WriteDOT(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprintln(b, "digraph lockdep {\n\trankdir=LR;\n\tnode [shape=box, fontname=monospace];")
	if made.Load() {
		s := copyGraph()
		for n := 1; n < s.nc; n++ {
			fmt.Fprintf(b, "\tc%d [label=%q%s];\n", n, s.classes[n].String()+"\n"+s.classes[n].kind.String(), colour(s.usages[n]))
		}
		for i := range s.edges[:s.ne] {
			x := &s.edges[i]
			fmt.Fprintf(b, "\tc%d -> c%d [label=%q];\n", x.from, x.to, x.dep.String())
		}
	}
	fmt.Fprintln(b, "}")
	return b.Flush()
}

func colour(u usage) string {
	switch used, on := u&(usedBits|usedBits<<softShift), u&(onBits|onBits<<softShift); {
	case used != 0 && on == 0:
		return ", color=red"
	case used == 0 && on != 0:
		return ", color=green"
	}
	return ""
}

// String lists the ways of a dependency, as in "ER SN".
func (d dep) String() string {
	var s []string
	for i, name := range [...]string{"ER", "EN", "SR", "SN"} {
		if d&(1<<i) != 0 {
			s = append(s, name)
		}
	}
	return strings.Join(s, " ")
}
