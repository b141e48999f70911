package main

import (
	"encoding/json"
	"io"
)

// writeJSON prints the report as one indented JSON object.
func writeJSON(w io.Writer, r *report) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(r)
}
