//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	sinkPointer *int
	sinkMap     map[int]int
	sinkChan    chan int
	sinkFunc    func()
	sinkMutex   sync.Mutex
	sinkSlice   []int
)

//go:noinline
//go:norace
func badAlloc() { sinkPointer = new(int) }

//go:noinline
//go:norace
func badDeep() { badAlloc() }

//go:noinline
//go:norace
func badSlice(n int) { sinkSlice = append(sinkSlice, n) }

//go:noinline
//go:norace
func badMap(n int) { sinkMap[n] = n }

//go:noinline
//go:norace
func badSend() { sinkChan <- 1 }

//go:noinline
//go:norace
func badLock() { sinkMutex.Lock() }

//go:noinline
//go:norace
func badPrint(n int) { fmt.Println(n) }

//go:noinline
//go:norace
func badFunc() { sinkFunc() }

//go:noinline
func badInstrumented() { sinkFunc = nil }

// The walk finds each kind of what it looks for, and says how it got there.
func TestG0CodeCaught(t *testing.T) {
	p := loadProgram(t)
	for _, c := range []struct {
		name string
		root any
		want string
	}{
		{"allocation", badAlloc, `badAlloc -> runtime\.(newobject|mallocgc\w*)`},
		{"by a callee", badDeep, `badDeep -> \S+badAlloc -> runtime\.(newobject|mallocgc\w*)`},
		{"append", badSlice, `badSlice -> runtime\.growslice`},
		{"map", badMap, `badMap -> (runtime|internal/runtime/maps)\.\S*mapassign`},
		{"channel", badSend, `badSend -> runtime\.chansend1`},
		{"mutex", badLock, `badLock -> (sync|internal/sync)\.\(\*Mutex\)\.\w*[lL]ock`},
		{"fmt", badPrint, `fmt\.`},
		{"func value", badFunc, `badFunc calls through a register or memory`},
		{"race detector", badInstrumented, `badInstrumented -> runtime\.race`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "race detector" && p.table.LookupFunc("runtime.racewrite") == nil {
				t.Skip("built without -race")
			}
			name := p.table.PCToFunc(uint64(reflect.ValueOf(c.root).Pointer()) - p.shift).Name
			require.Regexp(t, c.want, strings.Join(p.walk(name, map[uint64]bool{}), "\n"))
		})
	}
	require.NotEmpty(t, p.walk(here+"noSuchFunction", map[uint64]bool{}))
}
