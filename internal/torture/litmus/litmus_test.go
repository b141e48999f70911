package litmus_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/gokern/gokern/internal/leak"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/internal/torture/busted"
	"github.com/gokern/gokern/internal/torture/litmus"
)

func TestMain(m *testing.M) { leak.Main(m) }

func TestTortureLitmus(t *testing.T) {
	litmus.Locks(t, 0.2,
		torture.Subject{Name: "sync.Mutex", New: func() []torture.Way { return torture.Ways(&sync.Mutex{}) }},
		torture.Subject{Name: "sync.RWMutex", New: func() []torture.Way { return torture.Ways(&sync.RWMutex{}) }},
	)
}

func TestTortureLitmusBusted(t *testing.T) {
	litmus.MustCatch(t, slices.DeleteFunc(busted.Broken(4), func(s torture.Subject) bool { return s.Name != "nothing" && s.Name != "preemptible_percpu" })...)
}

// What the allowed results of the best-known tests are.
func TestAllowed(t *testing.T) {
	loads := func(name string) (all [][2]int8) {
		i := slices.IndexFunc(litmus.Classic, func(t litmus.Test) bool { return t.Name == name })
		for r := range litmus.Classic[i].Allowed() {
			all = append(all, [2]int8(r.Loads[:2]))
		}
		return all
	}
	assert.ElementsMatch(t, [][2]int8{{0, 1}, {1, 0}, {1, 1}}, loads("SB"))
	assert.ElementsMatch(t, [][2]int8{{0, 0}, {0, 1}, {1, 1}}, loads("MP"))
	assert.ElementsMatch(t, [][2]int8{{0, 0}, {0, 1}, {1, 0}}, loads("LB"))
	assert.ElementsMatch(t, [][2]int8{{0, 0}, {1, 1}}, loads("MP in sections"))
	assert.ElementsMatch(t, [][2]int8{{0, 1}, {1, 0}}, loads("SB in sections"))
}
