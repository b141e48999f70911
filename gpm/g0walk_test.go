//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"debug/elf"
	"debug/gosym"
	"os"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/arch/x86/x86asm"

	"github.com/gokern/gokern/internal/goport"
)

// program is the machine code of this very program.
type program struct {
	table  *gosym.Table
	memory *os.File
	shift  uint64 // of addresses in memory, less those in table
}

func loadProgram(t *testing.T) *program {
	t.Helper()
	f, err := elf.Open("/proc/self/exe")
	require.NoError(t, err)
	defer f.Close()
	p := new(program)
	p.table, err = goport.FunctionTable(f)
	require.NoError(t, err)
	known := p.table.LookupFunc(here + "badAlloc")
	require.NotNil(t, known)
	p.shift = uint64(reflect.ValueOf(badAlloc).Pointer()) - known.Entry
	p.memory, err = os.Open("/proc/self/mem")
	require.NoError(t, err)
	t.Cleanup(func() { p.memory.Close() })
	return p
}

// code returns the instructions of f.
func (p *program) code(f *gosym.Func) []byte {
	b := make([]byte, f.End-f.Entry)
	if _, err := p.memory.ReadAt(b, int64(f.Entry+p.shift)); err != nil {
		panic(err) // our own text
	}
	return b
}

// assembly reports whether f is written in assembly.
func (p *program) assembly(f *gosym.Func) bool {
	file, _, _ := p.table.PCToLine(f.Entry)
	return path.Ext(file) == ".s"
}

// walk follows the calls from all functions named root and returns what it must
// not reach, each with the path there. It does not enter functions already seen,
// which it knows by their entries: a function that assembly calls has a wrapper of
// the same name.
func (p *program) walk(root string, seen map[uint64]bool) (bad []string) {
	var visit func(f *gosym.Func, path string)
	visit = func(f *gosym.Func, path string) {
		if seen[f.Entry] {
			return
		}
		seen[f.Entry] = true
		callees, through := p.calls(f)
		if through && !p.mayCallThrough(f) {
			bad = append(bad, path+" calls through a register or memory")
		}
		for _, callee := range callees {
			to := path + " -> " + callee.Name
			switch {
			case isAllowed(callee.Name):
			case strings.HasPrefix(callee.Name, gokern):
				visit(callee, to)
			default:
				bad = append(bad, to)
			}
		}
	}
	found := false
	for i := range p.table.Funcs {
		if f := &p.table.Funcs[i]; f.Name == root {
			found = true
			visit(f, root)
		}
	}
	if !found {
		bad = append(bad, root+" is a root, and not in the program")
	}
	return bad
}

// calls returns the functions that f calls or jumps to directly, and whether it
// does so through a register or memory as well.
func (p *program) calls(f *gosym.Func) (callees []*gosym.Func, through bool) {
	code := p.code(f)
	for i := 0; i < len(code); {
		inst, err := x86asm.Decode(code[i:], 64)
		if err != nil { // an instruction x86asm does not know, or padding
			i++
			continue
		}
		next := f.Entry + uint64(i+inst.Len)
		i += inst.Len
		rel, direct := inst.Args[0].(x86asm.Rel)
		if !direct {
			through = through || inst.Op == x86asm.CALL || inst.Op == x86asm.JMP && p.assembly(f)
			continue // in Go a JMP through a register is a switch
		}
		to := next + uint64(int64(rel))
		if callee := p.table.PCToFunc(to); callee != nil && callee != f && callee.Entry == to && !slices.Contains(callees, callee) {
			callees = append(callees, callee)
		}
	}
	return callees, through
}
