package history_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/gokern/gokern/internal/leak"
	"github.com/gokern/gokern/internal/torture"
	"github.com/gokern/gokern/internal/torture/busted"
	"github.com/gokern/gokern/internal/torture/history"
)

func TestMain(m *testing.M) { leak.Main(m) }

func TestTortureHistory(t *testing.T) {
	history.TestLocks(t, 0.2,
		torture.Subject{Name: "sync.Mutex", Spurious: true, New: func() []torture.Way { return torture.Ways(&sync.Mutex{}) }},
		torture.Subject{Name: "sync.RWMutex", Spurious: true, New: func() []torture.Way { return torture.Ways(&sync.RWMutex{}) }},
	)
}

func TestTortureHistoryBusted(t *testing.T) {
	broken := slices.DeleteFunc(busted.Broken(4), func(s torture.Subject) bool {
		return s.Places > 0 || s.Name == "late_seqcount" // no model
	})
	history.MustCatch(t, append(broken, busted.Timid())...)
}
