package main

import "time"

// report is all that the doctor finds. Its JSON form is for machines: names are
// not to be changed.
type report struct {
	Go           string       `json:"go"`
	OS           string       `json:"os"`
	Arch         string       `json:"arch"`
	Kernel       string       `json:"kernel"` // release of the operating system's kernel, "" if unknown
	Capabilities []capability `json:"capabilities"`
	Items        []item       `json:"items"`  // what the port found in the running program
	Checks       []check      `json:"checks"` // the self-test
	Seen         []count      `json:"seen"`   // what the kernel counted meanwhile
	Verdict      string       `json:"verdict"`
	Error        string       `json:"error"` // why the verdict is not full, else ""
}

// Verdicts.
const (
	full    = "full"    // tasks are preempted between any two instructions
	limited = "limited" // tasks run, but are not preempted everywhere
	none    = "none"    // there is no kernel here
)

// capability is one fact about the system, the build or the booted kernel.
type capability struct {
	Group  string `json:"group"`
	Name   string `json:"name"`
	Value  string `json:"value"`
	Source string `json:"source"` // where that is known from
	Status status `json:"status"`
}

// status says what a capability means for preemption.
type status string

const (
	good    status = "ok"      // needed, and there
	info    status = "info"    // good to know
	limits  status = "limits"  // preemption cannot be full
	missing status = "missing" // needed, and not there
)

// have returns good or missing.
func have(ok bool) status {
	if ok {
		return good
	}
	return missing
}

// Groups of capabilities, in the order they are shown.
const (
	groupSystem = "System"
	groupBuild  = "Go and this build"
	groupKernel = "Kernel"
)

// item is one symbol, variable, constant, offset or call site of Go's runtime.
type item struct {
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	Value  string `json:"value"` // addresses are those in the program's file
	Source string `json:"source"`
}

// check is one step of the self-test.
type check struct {
	Name    string        `json:"name"`
	Took    time.Duration `json:"took_ns"`
	Note    string        `json:"note"`    // what was seen, or why it was skipped; may be ""
	Skipped bool          `json:"skipped"` // it cannot be done here
	Error   string        `json:"error"`   // "" if it passed or was skipped
}

// count is how often the kernel has seen something since it was booted.
type count struct {
	Name  string `json:"name"`
	Count uint64 `json:"count"`
}

func (r *report) add(group, name, value, source string, s status) {
	r.Capabilities = append(r.Capabilities, capability{group, name, value, source, s})
}
