//go:build !(linux && amd64)

package cpu

import "sync/atomic"

// The same as atomic_amd64.go has, for the locks, which build everywhere.

// Cas32 is compare-and-swap; it reports whether *p was old.
func Cas32(p *uint32, old, new uint32) bool { return atomic.CompareAndSwapUint32(p, old, new) }

// Xchg32 stores new and returns what was there.
func Xchg32(p *uint32, new uint32) uint32 { return atomic.SwapUint32(p, new) }

// CasPtr is Cas32 for a word that holds an address.
func CasPtr(p *uintptr, old, new uintptr) bool { return atomic.CompareAndSwapUintptr(p, old, new) }

// XchgPtr is Xchg32 for a word that holds an address.
func XchgPtr(p *uintptr, new uintptr) uintptr { return atomic.SwapUintptr(p, new) }

// LoadPtr loads *p.
func LoadPtr(p *uintptr) uintptr { return atomic.LoadUintptr(p) }

// Add64 adds n and returns the sum.
func Add64(p *int64, n int64) int64 { return atomic.AddInt64(p, n) }

// Add32 adds n and returns the sum.
func Add32(p *int32, n int32) int32 { return atomic.AddInt32(p, n) }

// AddU32 adds n, modulo 1<<32, and returns the sum.
func AddU32(p *uint32, n uint32) uint32 { return atomic.AddUint32(p, n) }

// Load32 loads *p.
func Load32(p *uint32) uint32 { return atomic.LoadUint32(p) }

// Store32 stores v; later loads come after it (a full barrier).
func Store32(p *uint32, v uint32) { atomic.StoreUint32(p, v) }

// Or64 sets bits.
func Or64(p *uint64, bits uint64) { atomic.OrUint64(p, bits) }

// Release32 stores v after all that was stored before.
func Release32(p *uint32, v uint32) { atomic.StoreUint32(p, v) }

// ReleaseByte clears the low byte of *p after all that was stored before.
func ReleaseByte(p *uint32) { atomic.AndUint32(p, ^uint32(0xff)) }

// Pause does nothing.
func Pause() {}
