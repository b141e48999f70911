//go:build !(linux && amd64)

package cpu

import "sync/atomic"

// nothing is every word: no CPU ever changes one here.
var nothing atomic.Uint64

func commit(int, uintptr, uintptr) {}

// AreaWord returns a word that is always zero.
func AreaWord(int, uintptr) *atomic.Uint64 { return &nothing }

func AreaAdd(uintptr, uint64)                    { misuse() }
func AreaAddReturn(uintptr, uint64) uint64       { misuse(); return 0 }
func AreaRead(uintptr) uint64                    { misuse(); return 0 }
func AreaWrite(uintptr, uint64)                  { misuse() }
func AreaXchg(uintptr, uint64) uint64            { misuse(); return 0 }
func AreaCmpXchg(uintptr, uint64, uint64) bool   { misuse(); return false }
func AreaCmpXchg32(uintptr, uint32, uint32) bool { misuse(); return false }
func AreaAnd(uintptr, uint64)                    { misuse() }
func AreaOr(uintptr, uint64)                     { misuse() }
func countAdd(c *Count, n int64)                 { countOutside(c, n) }
func AreaPublish(uintptr) int64                  { return 0 }

// Membarrier reports that it did nothing.
func Membarrier() bool { return false }
