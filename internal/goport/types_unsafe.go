//go:build linux && amd64 && go1.25 && !go1.28

package goport

import (
	"fmt"
	"reflect"
	"unsafe"
)

// keepTypes keeps reflect.typesByString in the program: it is what PointerTo
// searches the linker's list of types with.
var keepTypes = reflect.PointerTo(reflect.TypeFor[symbols]())

// runtimeType returns the runtime's own description of struct type name, found
// in the program's list of types (there even in a stripped program).
func runtimeType(s *symbols, name string) (reflect.Type, error) {
	pc, _, ok := s.bounds("reflect.typesByString")
	if !ok || keepTypes == nil {
		return nil, fmt.Errorf("reflect.typesByString is missing")
	}
	found := fn[func(string) []unsafe.Pointer](pc)("*runtime." + name)
	if len(found) != 1 {
		return nil, fmt.Errorf("%d types *runtime.%s, want 1", len(found), name)
	}
	var x any
	(*[2]unsafe.Pointer)(unsafe.Pointer(&x))[0] = found[0]
	t := reflect.TypeOf(x)
	if t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct {
		return nil, fmt.Errorf("*runtime.%s is a %v", name, t.Kind())
	}
	return t.Elem(), nil
}
