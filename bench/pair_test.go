package bench

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/measure"
)

// supported skips a benchmark where no kernel can run: half a pair says nothing.
func supported(b *testing.B) {
	b.Helper()
	if err := tryBoot(); errors.Is(err, gpm.ErrUnsupported) {
		b.Skip(err)
	} else if err != nil {
		b.Fatal(err)
	}
}

var tryBoot = sync.OnceValue(func() error {
	k, err := gpm.Boot(gpm.Config{CPUs: 1})
	if err != nil {
		return err
	}
	return k.Shutdown(context.Background())
})

// boot starts a kernel for one run of b. It must be called by the sub-benchmark
// itself: package testing sets GOMAXPROCS before that, as the kernel does.
func boot(b *testing.B, c gpm.Config) *gpm.Kernel {
	b.Helper()
	k, err := gpm.Boot(c)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := k.Shutdown(ctx); err != nil {
			b.Errorf("Shutdown: %v", err)
		}
	})
	return k
}

// procs sets GOMAXPROCS for the rest of b.
func procs(b *testing.B, n int) {
	old := runtime.GOMAXPROCS(n)
	b.Cleanup(func() { runtime.GOMAXPROCS(old) })
}

// start runs f at once beside the caller, as a goroutine or as a task.
type start func(f func())

func goroutine(f func()) { go f() }

// tasks returns a start that makes tasks of k.
func tasks(b *testing.B, k *gpm.Kernel, attr gpm.Attr) start {
	return func(f func()) {
		if err := k.Go(attr, f); err != nil {
			b.Error(err)
		}
	}
}

// asTask runs f as a task of k and waits for its end.
func asTask(b *testing.B, k *gpm.Kernel, attr gpm.Attr, f func()) {
	b.Helper()
	if err := k.Do(attr, f); err != nil {
		b.Fatal(err)
	}
}

// oneVirtual is one virtual CPU, which may move about the machine.
var oneVirtual = gpm.Config{CPUs: 1, Pin: []int{-1}}

// oneCPU runs body as the pair: plain with GOMAXPROCS(1), and kernel
// with one virtual CPU. Its thread is not pinned, as plain's is not: on a busy
// machine one that may move is faster. body's caller is already what start makes.
func oneCPU(b *testing.B, body func(b *testing.B, s start)) {
	supported(b)
	b.Run("plain", func(b *testing.B) {
		procs(b, 1)
		body(b, goroutine)
	})
	b.Run("kernel", func(b *testing.B) {
		k := boot(b, oneVirtual)
		asTask(b, k, gpm.Attr{}, func() { body(b, tasks(b, k, gpm.Attr{})) })
	})
}

// perSwitch reports the timed part as nanoseconds for each of n switches.
func perSwitch(b *testing.B, n int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/switch")
}

// latencies reports the median of samples as ns/op, instead of the time that
// the benchmark took, and the 99th percentile.
func latencies(b *testing.B, samples []time.Duration) {
	slices.Sort(samples)
	b.ReportMetric(float64(measure.Percentile(samples, 50).Nanoseconds()), "ns/op")
	b.ReportMetric(float64(measure.Percentile(samples, 99).Nanoseconds()), "p99-ns/op")
}
