package goport

// Report lists what the port found in the running program.
type Report struct {
	GoVersion string
	Items     []Item
}

// Item is one thing that the port depends on.
type Item struct {
	Kind   string // "symbol", "offset", "variable", "call site"
	Name   string
	Value  string
	Source string // where it was found
}

func (r *Report) add(kind, name, value, source string) {
	r.Items = append(r.Items, Item{kind, name, value, source})
}
