package bench

import (
	"testing"

	"github.com/gokern/gokern/internal/measure"
)

// onThread runs f on a thread of its own, pinned to the machine's CPU cpu, that
// ends with f.
func onThread(b *testing.B, cpu int, f func()) {
	b.Helper()
	if err := measure.OnThread(cpu, f); err != nil {
		b.Fatal(err)
	}
}

// machineCPUs returns the first and the last CPU that the process may use.
func machineCPUs(b *testing.B) (first, last int) {
	b.Helper()
	cpus, err := measure.MachineCPUs()
	if err != nil {
		b.Fatal(err)
	}
	return cpus[0], cpus[len(cpus)-1]
}

// twoCPUs is machineCPUs, or skips b if there is only one.
func twoCPUs(b *testing.B) (first, last int) {
	b.Helper()
	first, last = machineCPUs(b)
	if first == last {
		b.Skip("needs two CPUs of the machine")
	}
	return first, last
}
