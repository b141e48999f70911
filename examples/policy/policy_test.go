package main

import (
	"errors"
	"testing"
	"time"

	"github.com/gokern/gokern/gpm"
	"github.com/stretchr/testify/require"
)

func TestTenantsShare(t *testing.T) {
	shares, err := run(500 * time.Millisecond)
	if errors.Is(err, gpm.ErrUnsupported) {
		t.Skip(err)
	}
	require.NoError(t, err)
	require.InDelta(t, 0.5, shares["small"], 0.1)
}
