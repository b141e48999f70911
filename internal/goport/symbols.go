//go:build linux && amd64 && go1.25 && !go1.28

package goport

import (
	"bytes"
	"debug/elf"
	"debug/gosym"
	"fmt"
)

// symbols is the program's own function table, .gopclntab, which survives
// stripping. Addresses are those of the running process.
type symbols struct {
	table *gosym.Table
	slide uintptr // where the program was loaded, less where it was linked
}

// loadSymbols reads /proc/self/exe. The slide comes from a function of this
// package, whose address is known.
func loadSymbols() (*symbols, error) {
	f, err := elf.Open("/proc/self/exe")
	if err != nil {
		return nil, fmt.Errorf("the program's own file: %w", err)
	}
	defer f.Close()
	table, err := FunctionTable(f)
	if err != nil {
		return nil, err
	}
	here := table.LookupFunc("github.com/gokern/gokern/internal/goport.landmark")
	if here == nil {
		return nil, fmt.Errorf("the Go function table does not list this package")
	}
	return &symbols{table: table, slide: landmarkPC() - uintptr(here.Entry)}, nil
}

// FunctionTable returns the Go function table of a program. Context: an ordinary
// goroutine.
func FunctionTable(f *elf.File) (*gosym.Table, error) {
	text := f.Section(".text")
	data, err := pclntab(f)
	if err != nil {
		return nil, fmt.Errorf("the Go function table: %w", err)
	}
	if data == nil || text == nil {
		return nil, fmt.Errorf("the program's own file has no Go function table")
	}
	table, err := gosym.NewTable(nil, gosym.NewLineTable(data, text.Addr))
	if err != nil {
		return nil, fmt.Errorf("the Go function table: %w", err)
	}
	return table, nil
}

// pclntab returns the bytes of the table, nil if there is none.
func pclntab(f *elf.File) ([]byte, error) {
	for _, name := range []string{".gopclntab", ".data.rel.ro.gopclntab"} {
		if s := f.Section(name); s != nil {
			return s.Data()
		}
	}
	// The system's linker, for position-independent programs with cgo, merges it
	// with other data: there it is found by the head that go1.20 and later give it,
	// with the instruction size and pointer size of amd64.
	s := f.Section(".data.rel.ro")
	if s == nil {
		return nil, nil
	}
	data, err := s.Data()
	if err != nil {
		return nil, err
	}
	head := []byte{0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8}
	for at := 0; at+len(head) <= len(data); at += 8 {
		if bytes.Equal(data[at:at+len(head)], head) {
			return data[at:], nil
		}
	}
	return nil, nil
}

// bounds returns where a function starts and ends; ok is false if the program
// has none of that name.
func (s *symbols) bounds(name string) (start, end uintptr, ok bool) {
	fn := s.table.LookupFunc(name)
	if fn == nil {
		return 0, 0, false
	}
	return uintptr(fn.Entry) + s.slide, uintptr(fn.End) + s.slide, true
}

// at returns the name of the function that starts at pc, "" if none does.
func (s *symbols) at(pc uintptr) string {
	fn := s.table.PCToFunc(uint64(pc - s.slide))
	if fn == nil || uintptr(fn.Entry)+s.slide != pc {
		return ""
	}
	return fn.Name
}
