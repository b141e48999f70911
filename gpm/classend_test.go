//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/atomic"
)

// Classes may come and go without end; but a Policy that some task has stays what it is.
func TestClassesComeAndGo(t *testing.T) {
	k := boot(t, Config{CPUs: 1})
	first, err := k.Register("kept", &queueClass{t: t}, 0)
	require.NoError(t, err)
	release := make(chan struct{})
	defer func() { closeOnce(release) }()
	keeps := spawn(t, k, Attr{Policy: first}, func() { <-release })
	require.NoError(t, until(func() bool { return keeps.State() == Blocked }))
	require.NoError(t, k.Unregister(first))
	for range 3 * maxClasses {
		policy, err := k.Register("comes and goes", &queueClass{t: t}, 0)
		require.NoError(t, err)
		require.NotEqual(t, first, policy)
		ran := false
		wait(t, spawn(t, k, Attr{Policy: policy}, func() { ran = true }))
		require.True(t, ran)
		require.NoError(t, k.PolicyErr(policy), "it is a new one")
		require.NoError(t, k.Unregister(policy))
	}
	require.ErrorIs(t, k.PolicyErr(first), ErrPolicy)
	closeOnce(release)
	wait(t, keeps)
	var all []Policy
	for range maxClasses {
		require.NoError(t, until(func() bool {
			policy, err := k.Register("stays", &queueClass{t: t}, 0)
			if err == nil {
				all = append(all, policy)
			}
			return err == nil
		}))
	}
	require.Contains(t, all, first)
	_, err = k.Register("one more", &queueClass{t: t}, 0)
	require.ErrorIs(t, err, ErrAttr)
}

// When Unregister has returned no method of the class runs; but one may call it.
func TestUnregisterWaits(t *testing.T) {
	k := boot(t, Config{CPUs: 2})
	var inside, ending, over atomic.Bool
	policy, err := k.Register("slow", &queueClass{t: t, pick: func() *Task {
		for inside.Store(true); !ending.Load(); {
			call(1)
		}
		Sleep(20 * time.Millisecond)
		over.Store(true)
		return nil
	}}, 0)
	require.NoError(t, err)
	task := spawn(t, k, Attr{Policy: policy}, func() {})
	require.NoError(t, until(inside.Load))
	ending.Store(true)
	require.NoError(t, k.Unregister(policy))
	assert.True(t, over.Load())
	wait(t, task)

	itself := &queueClass{t: t}
	itself.pick = func() *Task {
		assert.NoError(t, k.Unregister(policy))
		return nil
	}
	policy, err = k.Register("itself", itself, 0)
	require.NoError(t, err)
	wait(t, spawn(t, k, Attr{Policy: policy}, func() {}))
	require.NoError(t, k.Unregister(policy))
}
