//go:build linux && amd64 && go1.25 && !go1.28

package goport

import "testing"

func TestResolve(t *testing.T) {
	r, err := Resolve()
	for _, i := range r.Items {
		t.Logf("%-10s %-55s %-12s %s", i.Kind, i.Name, i.Value, i.Source)
	}
	if err != nil {
		t.Fatal(err)
	}
}
