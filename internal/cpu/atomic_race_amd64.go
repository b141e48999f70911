//go:build linux && amd64 && race

package cpu

// The same as atomic_amd64.go has, in assembly: built with -race sync/atomic
// calls the race detector, which code on g0 must not.

//go:noescape
func Cas32(p *uint32, old, new uint32) bool

//go:noescape
func Xchg32(p *uint32, new uint32) uint32

//go:noescape
func CasPtr(p *uintptr, old, new uintptr) bool

//go:noescape
func XchgPtr(p *uintptr, new uintptr) uintptr

//go:noescape
func LoadPtr(p *uintptr) uintptr

//go:noescape
func Add64(p *int64, n int64) int64

//go:noescape
func Add32(p *int32, n int32) int32

//go:noescape
func AddU32(p *uint32, n uint32) uint32

//go:noescape
func Load32(p *uint32) uint32

//go:noescape
func Store32(p *uint32, v uint32)

//go:noescape
func Release32(p *uint32, v uint32)

//go:noescape
func ReleaseByte(p *uint32)

//go:noescape
func Or64(p *uint64, bits uint64)
