//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gokern/gokern/internal/goport"
)

// text is the code of this program: where it is, and its bytes now.
type text struct {
	from, to uintptr
	code     []byte
}

// readText returns it, and how many mappings of the process can be both written
// and executed. (Pages that have been written may be a mapping of their own.)
func readText(t *testing.T) (found text, both int) {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	require.NoError(t, err)
	program, err := os.Readlink("/proc/self/exe")
	require.NoError(t, err)
	for _, l := range strings.Split(string(maps), "\n") {
		var from, to uintptr
		var mode string
		if n, _ := fmt.Sscanf(l, "%x-%x %s", &from, &to, &mode); n != 3 || !strings.Contains(mode, "x") {
			continue
		}
		if strings.Contains(mode, "w") {
			both++
		}
		if strings.HasSuffix(l, program) {
			if found.from == 0 {
				found.from = from
			}
			found.to = to
		}
	}
	require.NotZero(t, found.from)
	memory, err := os.Open("/proc/self/mem")
	require.NoError(t, err)
	defer memory.Close()
	found.code = make([]byte, found.to-found.from)
	_, err = memory.ReadAt(found.code, int64(found.from))
	require.NoError(t, err)
	return found, both
}

// Boot changes the displacements of the call sites and nothing else, leaves no
// page writable, and Shutdown restores every byte.
func TestTextRestored(t *testing.T) {
	before, both := readText(t)
	require.Zero(t, both, "pages that can be written and executed")
	for range 3 {
		k, err := Boot(Config{})
		require.NoError(t, err)
		patched, both := readText(t)
		require.Zero(t, both, "pages left writable")
		require.Equal(t, before.from, patched.from)
		require.Equal(t, before.to, patched.to)
		calls := 0
		for i := 0; i < len(before.code); i++ {
			if before.code[i] == patched.code[i] {
				continue
			}
			// Of a displacement of four bytes the lower ones may be the same.
			at := bytes.LastIndexByte(before.code[max(0, i-4):i], 0xe8)
			require.GreaterOrEqual(t, at, 0, "changed at %#x, and that is no call", before.from+uintptr(i))
			calls++
			for end := i + 4; i+1 < end && before.code[i+1] != patched.code[i+1]; {
				i++
			}
		}
		require.GreaterOrEqual(t, calls, goport.Patched())
		require.LessOrEqual(t, calls, 4*goport.Patched())
		require.NoError(t, k.Shutdown(context.Background()))
		after, both := readText(t)
		require.Zero(t, both)
		require.True(t, bytes.Equal(before.code, after.code), "text not as before")
	}
}
