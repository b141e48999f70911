package rcu_test

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gokern/gokern/internal/kerneltest"
)

// What the race detector says of programs that use RCU: no more edges than those
// from a section's end to the end of a wait, and from Assign to Dereference.
func TestRaces(t *testing.T) {
	bin := kerneltest.RaceProgram(t, "./testdata/races")
	for _, c := range []struct {
		name     string
		reported bool
		hows     []string
	}{
		{"reclaimed", false, []string{"Synchronize", "Call", "Expedited", "Cookie"}},
		{"published", false, []string{""}},
		{"early", true, []string{""}},
		{"readers", true, []string{""}},
		{"later", true, []string{"Synchronize"}},
	} {
		for _, how := range c.hows {
			for _, kind := range []string{"rcu", "srcu"} {
				if kind == "srcu" && (how == "Expedited" || how == "Cookie") || testing.Short() && (kind == "srcu") != (how == "Call") {
					continue
				}
				out, err := exec.Command(bin, c.name, kind, how).CombinedOutput()
				if c.reported {
					assert.Error(t, err, "%s %s %s", c.name, kind, how)
					assert.Contains(t, string(out), "WARNING: DATA RACE", "%s %s %s", c.name, kind, how)
				} else {
					assert.NoError(t, err, "%s %s %s: %s", c.name, kind, how, out)
				}
			}
		}
	}
}
