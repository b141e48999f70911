//go:build linux && amd64 && go1.25 && !go1.28

package goport

import (
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
	section := f.Section(".gopclntab")
	if section == nil {
		section = f.Section(".data.rel.ro.gopclntab") // position independent
	}
	text := f.Section(".text")
	if section == nil || text == nil {
		return nil, fmt.Errorf("the program's own file has no Go function table")
	}
	data, err := section.Data()
	if err != nil {
		return nil, fmt.Errorf("the Go function table: %w", err)
	}
	table, err := gosym.NewTable(nil, gosym.NewLineTable(data, text.Addr))
	if err != nil {
		return nil, fmt.Errorf("the Go function table: %w", err)
	}
	here := table.LookupFunc("github.com/gokern/gokern/internal/goport.landmark")
	if here == nil {
		return nil, fmt.Errorf("the Go function table does not list this package")
	}
	return &symbols{table: table, slide: landmarkPC() - uintptr(here.Entry)}, nil
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
