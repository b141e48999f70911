//go:build linux && amd64 && go1.25 && !go1.28

package workqueue_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/kerneltest"
	"github.com/gokern/gokern/workqueue"
)

// Shutdown waits for an item that runs no longer than its context says, and may be
// called again; until it is through there is no room for another kernel.
func TestShutdownDuringWork(t *testing.T) {
	k := kerneltest.Boot(t, gpm.Config{})
	began, goOn := make(chan struct{}), make(chan struct{})
	_, err := workqueue.SystemWQ.Queue(workqueue.New(func(*workqueue.Work) { close(began); <-goOn }))
	require.NoError(t, err)
	<-began
	for range 2 {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		require.ErrorIs(t, k.Shutdown(ctx), context.DeadlineExceeded)
		cancel()
		_, err := gpm.Boot(gpm.Config{})
		require.ErrorIs(t, err, gpm.ErrBooted)
	}
	close(goOn)
	require.NoError(t, k.Shutdown(t.Context()))
	require.ErrorIs(t, k.Shutdown(t.Context()), gpm.ErrShutdown)
}
