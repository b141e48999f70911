package rcu_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/lock/rcu"
	"github.com/gokern/gokern/preempt"
)

// wantBug runs fn and checks that it causes one BUG, which says what and names
// this test.
func wantBug(t *testing.T, what string, fn func()) {
	t.Helper()
	found := bugs(fn)
	if assert.Len(t, found, 1) {
		assert.Contains(t, found[0].What, what)
		assert.Contains(t, found[0].Caller, "rcu_test.Test")
	}
}

func TestSectionsNest(t *testing.T) {
	in(t, func() {
		for range 3 {
			for range 100 {
				rcu.ReadLock()
				assert.True(t, rcu.ReadLockHeld())
			}
			for range 100 {
				assert.True(t, rcu.ReadLockHeld())
				rcu.ReadUnlock()
				runtime.Gosched()
			}
			assert.False(t, rcu.ReadLockHeld())
		}
	})
}

func TestAnyHeld(t *testing.T) {
	in(t, func() {
		for name, s := range sections {
			assert.False(t, rcu.ReadLockAnyHeld())
			s.enter()
			held := rcu.ReadLockAnyHeld()
			s.leave()
			assert.True(t, held, name)
		}
		preempt.Disable()
		held := rcu.ReadLockHeld()
		preempt.Enable()
		assert.False(t, held)
	})
}

func TestUnlockWithoutLock(t *testing.T) {
	in(t, func() {
		wantBug(t, "ReadUnlock without ReadLock", func() { rcu.ReadUnlock() })
		assert.False(t, rcu.ReadLockHeld())
		rcu.ReadLock()
		assert.True(t, rcu.ReadLockHeld())
		rcu.ReadUnlock()
		rcu.Synchronize()
	})
}

func TestOutsideTask(t *testing.T) {
	check := func(t *testing.T) {
		wantBug(t, "ReadLock outside a task: an ordinary goroutine has no RCU read-side sections, use SRCU", func() { rcu.ReadLock() })
		assert.False(t, rcu.ReadLockHeld())
		wantBug(t, "ReadUnlock outside a task", func() { rcu.ReadUnlock() })
		assert.False(t, rcu.ReadLockAnyHeld())
	}
	t.Run("no kernel", check)
	boot(t, gpm.Config{})
	t.Run("kernel", check)
}

func TestSynchronizeInSection(t *testing.T) {
	in(t, func() {
		for name, s := range sections {
			what := "while atomic"
			if name == "ReadLock" || name == "nested" {
				what = "in an RCU read-side section"
			}
			s.enter()
			found := bugs(rcu.Synchronize)
			found = append(found, bugs(rcu.SynchronizeExpedited)...)
			found = append(found, bugs(rcu.Barrier)...)
			found = append(found, bugs(func() { rcu.SynchronizeCookie(rcu.StartPoll()) })...)
			s.leave()
			if assert.Len(t, found, 4, name) {
				for _, b := range found {
					assert.Contains(t, b.What, what)
				}
			}
		}
	})
}

// What may be called anywhere is called in every kind of section.
func TestCallsInSections(t *testing.T) {
	in(t, func() {
		for name, s := range sections {
			var head rcu.Head
			done := make(chan struct{})
			fn := func() { close(done) }
			s.enter()
			rcu.CallHead(&head, fn)
			cookie := rcu.StartPoll()
			early := rcu.Poll(cookie)
			s.leave()
			assert.False(t, early, name)
			<-done
			rcu.SynchronizeCookie(cookie)
			assert.True(t, rcu.Poll(cookie), name)
		}
		for name, s := range sections {
			if name == "ReadLock" || name == "nested" {
				done := make(chan struct{})
				s.enter()
				rcu.Call(func() { close(done) })
				s.leave()
				<-done
			}
		}
	})
}

func TestEndsInSection(t *testing.T) {
	k := boot(t, gpm.Config{})
	ends := map[string]func(){
		"a task": func() { wait(t, spawn(t, k, gpm.Attr{Name: "open"}, func() { rcu.ReadLock(); rcu.ReadLock() })) },
		"Goexit": func() { wait(t, spawn(t, k, gpm.Attr{}, func() { rcu.ReadLock(); runtime.Goexit() })) },
		"listed": func() { wait(t, spawn(t, k, gpm.Attr{}, func() { rcu.ReadLock(); runtime.Gosched() })) },
		"Do":     func() { require.NoError(t, k.Do(gpm.Attr{}, rcu.ReadLock)) },
		"Outside": func() {
			wait(t, spawn(t, k, gpm.Attr{}, func() {
				rcu.ReadLock()
				gpm.Outside(func() {})
				assert.True(t, rcu.ReadLockHeld())
				rcu.ReadUnlock()
			}))
		},
		"an inheriting goroutine": func() {
			wait(t, spawn(t, k, gpm.Attr{Inherit: true}, func() {
				done := make(chan struct{})
				go func() {
					rcu.ReadLock()
					close(done)
				}()
				<-done
			}))
			eventually(t, func() bool { return k.Stats().Tasks == 0 })
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			found := make(chan *preempt.Bug, 10)
			defer preempt.SetBugHandler(preempt.SetBugHandler(func(b *preempt.Bug) { found <- b }))
			end()
			assert.Contains(t, (<-found).What, "in an RCU read-side section")
			assert.Empty(t, found)
			rcu.Synchronize() // nothing is left to wait for
		})
	}
}

// A task that blocks locked to its thread goes with it, and is no task for a
// while as far as the CPUs know. Its section goes on all the same.
func TestAway(t *testing.T) {
	k := boot(t, gpm.Config{})
	in, out := make(chan struct{}), make(chan struct{})
	reader := spawn(t, k, gpm.Attr{}, func() {
		runtime.LockOSThread()
		rcu.ReadLock()
		close(in)
		<-out
		assert.Nil(t, gpm.Current())
		assert.True(t, rcu.ReadLockHeld())
		rcu.ReadLock()
		rcu.ReadUnlock()
		assert.True(t, rcu.ReadLockHeld())
		rcu.ReadUnlock()
		assert.False(t, rcu.ReadLockHeld())
		assert.Len(t, bugs(rcu.ReadUnlock), 1)
		runtime.UnlockOSThread()
	})
	<-in
	done := after(rcu.Synchronize)
	assert.False(t, over(done, short), "it did not wait")
	close(out)
	require.True(t, over(done, long), "it waits for ever")
	require.NoError(t, reader.Wait(context.Background()))
}
