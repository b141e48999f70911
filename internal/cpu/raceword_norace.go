//go:build !race

package cpu

// RaceLocked does nothing without the race detector.
func RaceLocked(*uint32) {}

// RaceUnlocking does nothing without the race detector.
func RaceUnlocking(*uint32) {}

// RaceReaderUnlocking does nothing without the race detector.
func RaceReaderUnlocking(*uint32) {}
