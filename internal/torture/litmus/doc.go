// Package litmus runs litmus tests of memory order under preemption: a few
// threads, each a few sections of stores and loads, many times over on fresh
// variables, and then looks which results have come.
//
// With each section under a lock, a result must be one that some order of whole
// sections gives; these are all computed. Without a lock some other results must
// be seen, or the test would see nothing.
package litmus

import "fmt"

// Op is one access of a thread: of variable Var, which is 0 at first.
type Op struct {
	Var   int
	Store int // the value to store; 0: load
}

// Section is what a thread does under the lock at once.
type Section []Op

// Thread is what one task does, in this order.
type Thread []Section

// Test is a litmus test.
type Test struct {
	Name    string
	Threads []Thread
}

// W stores v in variable x, R loads it.
func W(x, v int) Op { return Op{Var: x, Store: v} }

// R loads variable x.
func R(x int) Op { return Op{Var: x} }

const (
	maxVars  = 3
	maxLoads = 8
)

// Result is what the loads of all threads gave, thread after thread, and the
// variables at the end.
type Result struct {
	Loads [maxLoads]int8
	Vars  [maxVars]int8
}

// String shows it as digits: the loads, then the variables.
func (r Result) String() string { return fmt.Sprintf("loads %v, at the end %v", r.Loads, r.Vars) }

// Classic are the classic tests, each access a section of its own, and then
// those where a thread does all at once.
var Classic = []Test{
	{"SB", []Thread{{{W(0, 1)}, {R(1)}}, {{W(1, 1)}, {R(0)}}}},
	{"MP", []Thread{{{W(0, 1)}, {W(1, 1)}}, {{R(1)}, {R(0)}}}},
	{"LB", []Thread{{{R(0)}, {W(1, 1)}}, {{R(1)}, {W(0, 1)}}}},
	{"R", []Thread{{{W(0, 1)}, {W(1, 1)}}, {{W(1, 2)}, {R(0)}}}},
	{"S", []Thread{{{W(0, 2)}, {W(1, 1)}}, {{R(1)}, {W(0, 1)}}}},
	{"2+2W", []Thread{{{W(0, 1)}, {W(1, 2)}}, {{W(1, 1)}, {W(0, 2)}}}},
	{"CoRR", []Thread{{{W(0, 1)}}, {{R(0)}, {R(0)}}}},
	{"WRC", []Thread{{{W(0, 1)}}, {{R(0)}, {W(1, 1)}}, {{R(1)}, {R(0)}}}},
	{"IRIW", []Thread{{{W(0, 1)}}, {{W(1, 1)}}, {{R(0)}, {R(1)}}, {{R(1)}, {R(0)}}}},
	{"SB in sections", []Thread{{{W(0, 1), R(1)}}, {{W(1, 1), R(0)}}}},
	{"MP in sections", []Thread{{{W(0, 1), W(1, 1)}}, {{R(1), R(0)}}}},
	{"2+2W in sections", []Thread{{{W(0, 1), W(1, 2)}}, {{W(1, 1), W(0, 2)}}}},
	{"3 variables", []Thread{{{W(0, 1), W(1, 1), W(2, 1)}}, {{W(2, 2), W(1, 2), W(0, 2)}}, {{R(0), R(1), R(2)}}}},
}
