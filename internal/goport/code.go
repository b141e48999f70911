//go:build linux && amd64 && go1.25 && !go1.28

package goport

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/arch/x86/x86asm"
)

// walk decodes the instructions of a function, in order, until visit says stop.
func walk(s *symbols, name string, visit func(pc uintptr, inst x86asm.Inst) bool) {
	start, end, ok := s.bounds(name)
	if !ok {
		return
	}
	code := memory(start, end)
	for i := 0; i < len(code); {
		inst, err := x86asm.Decode(code[i:], 64)
		if err != nil { // an instruction x86asm does not know, or padding
			i++
			continue
		}
		if !visit(start+uintptr(i), inst) {
			return
		}
		i += inst.Len
	}
}

// usesOffset reports whether an instruction in function name has off as the
// displacement of a memory operand off a register, or adds it to one.
func usesOffset(s *symbols, name string, off int64) (found bool) {
	walk(s, name, func(_ uintptr, inst x86asm.Inst) bool {
		for _, arg := range inst.Args {
			switch a := arg.(type) {
			case x86asm.Mem:
				found = found || a.Base != 0 && a.Base != x86asm.RIP && a.Base != x86asm.RSP && a.Disp == off
			case x86asm.Imm:
				found = found || inst.Op == x86asm.ADD && int64(a) == off
			}
		}
		return !found
	})
	return found
}

// calls returns the addresses of the direct calls of callee in function name.
func calls(s *symbols, name string, callee uintptr) (at []uintptr) {
	walk(s, name, func(pc uintptr, inst x86asm.Inst) bool {
		if inst.Op == x86asm.CALL && inst.Len == 5 && target(pc) == callee {
			at = append(at, pc)
		}
		return true
	})
	return at
}

// target returns where the five-byte CALL at pc goes.
func target(pc uintptr) uintptr {
	code := memory(pc, pc+5)
	return pc + 5 + uintptr(int64(int32(binary.LittleEndian.Uint32(code[1:]))))
}

// resolveGCWaiting finds the address of sched.gcwaiting: gcstopm is the
// function that throws unless it is set, and stopTheWorldWithSema the one that
// sets it; the byte or word that both use, and use first, must be the same.
func resolveGCWaiting(s *symbols, r *Report) error {
	first := func(name string) (uintptr, error) {
		var found uintptr
		variables(s, name, func(v uintptr) bool {
			found = v
			return false
		})
		if found == 0 {
			return 0, fmt.Errorf("sched.gcwaiting: no variable in %s", name)
		}
		return found, nil
	}
	at, err := first("runtime.gcstopm")
	if err != nil {
		return err
	}
	uses := 0
	for _, name := range []string{"runtime.stopTheWorldWithSema", "runtime.findRunnable", "runtime.handoffp"} {
		hit := false
		variables(s, name, func(v uintptr) bool {
			hit = v == at
			return !hit
		})
		if hit {
			uses++
		}
	}
	if uses != 3 {
		return fmt.Errorf("sched.gcwaiting: gcstopm's variable is used by %d of 3 functions that must use it", uses)
	}
	varGCWaiting = at
	r.add("variable", "sched.gcwaiting", fmt.Sprintf("%#x", at-s.slide), "code of gcstopm; of stopTheWorldWithSema, findRunnable and handoffp")
	return nil
}
