package history

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// explain shows the part of a history that no order explains: what was under way
// when the first of the operations returned that the longest order found leaves
// out; those are marked.
func explain(m porcupine.Model, ops []porcupine.Operation) string {
	_, info := porcupine.CheckOperationsVerbose(m, ops, time.Minute)
	ordered := longest(info)
	first := int64(1 << 62)
	for _, op := range ops {
		if !ordered[op.Call] {
			first = min(first, op.Return)
		}
	}
	slices.SortFunc(ops, func(a, b porcupine.Operation) int { return cmp.Compare(a.Call, b.Call) })
	var b strings.Builder
	for _, op := range ops {
		if op.Return < first-20 || op.Call > first+6 {
			continue
		}
		mark := ' '
		if !ordered[op.Call] {
			mark = '!'
		}
		fmt.Fprintf(&b, "%c %6d to %-6d client %d: %v: %v\n", mark, op.Call, op.Return, op.ClientId, op.Input, op.Output)
	}
	return b.String()
}

// longest returns the calls of the operations in the longest order of each part.
func longest(info porcupine.LinearizationInfo) map[int64]bool {
	in := map[int64]bool{}
	for _, orders := range info.PartialLinearizationsOperations() {
		var most []porcupine.Operation
		for _, o := range orders {
			if len(o) > len(most) {
				most = o
			}
		}
		for _, op := range most {
			in[op.Call] = true
		}
	}
	return in
}
