//go:build linux && amd64 && go1.25 && !go1.28

package main

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/gokern/gokern/internal/goport"
)

// addPort adds all that the port finds in the running program.
func addPort(r *report) {
	found, err := goport.Resolve()
	for _, i := range found.Items {
		r.Items = append(r.Items, item{i.Kind, i.Name, i.Value, i.Source})
	}
	certified := "yes"
	if err != nil && strings.Contains(err.Error(), "not certified") {
		certified = "no"
	}
	r.add(groupBuild, "certified Go version", fmt.Sprintf("%s, %s", certified, runtime.Version()), "package goport", have(certified == "yes"))
	value := fmt.Sprintf("%d items found and cross-checked", len(found.Items))
	if err != nil {
		value = err.Error()
	}
	r.add(groupBuild, "symbols, offsets, call sites", value, "listed below", have(err == nil))
}

// patched returns how many call sites are retargeted now.
func patched() int { return goport.Patched() }
