package rcu_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/kerneltest"
	"github.com/gokern/gokern/internal/leak"
	"github.com/gokern/gokern/preempt"
)

func TestMain(m *testing.M) { leak.Main(m) }

var boot, spawn, wait = kerneltest.Boot, kerneltest.Spawn, kerneltest.Wait

// in runs fn as a task of a kernel of its own.
func in(t testing.TB, fn func()) {
	t.Helper()
	kerneltest.In(t, boot(t, gpm.Config{}), gpm.Attr{}, fn)
}

// bugs collects the BUGs that fn causes.
func bugs(fn func()) (found []*preempt.Bug) {
	var mu sync.Mutex
	old := preempt.SetBugHandler(func(b *preempt.Bug) {
		mu.Lock()
		defer mu.Unlock()
		found = append(found, b)
	})
	defer preempt.SetBugHandler(old)
	fn()
	mu.Lock()
	defer mu.Unlock()
	return found
}

// after starts fn as a goroutine and returns what is closed when it has returned.
func after(fn func()) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		fn()
	}()
	return done
}

// over reports whether c gets closed, or is closed, within d.
func over(c <-chan struct{}, d time.Duration) bool {
	select {
	case <-c:
		return true
	case <-time.After(d):
		return false
	}
}

// long is longer than a grace period takes that nothing holds up; short is long
// enough that one that should be held up, and is not, is noticed mostly.
const (
	long  = 30 * time.Second
	short = 20 * time.Millisecond
)

// eventually waits until cond holds.
func eventually(t testing.TB, cond func() bool) {
	t.Helper()
	require.Eventually(t, cond, long, time.Millisecond)
}
