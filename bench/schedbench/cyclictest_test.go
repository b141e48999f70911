package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What cyclictest printed on a busy machine, with -h 70: 171 of 3,000 were later
// than that.
func TestHistogramWithOverflows(t *testing.T) {
	f, err := os.Open("testdata/cyclictest.txt")
	require.NoError(t, err)
	defer f.Close()
	h, err := parseHistogram(f, time.Microsecond)
	require.NoError(t, err)
	require.Equal(t, 2829, h.total)
	require.Equal(t, 171, h.overflows)
	require.Equal(t, measures{
		"mean": 600e3, // cyclictest's own, which knows the overflows
		"p50":  56.5e3,
		"p90":  60.5e3,
		"p99":  1415633e3, // one of the overflows
		"max":  1415633e3,
	}, h.measures())
}

// The same in nanoseconds, with -N. Empty buckets have been left out.
func TestHistogramNanoseconds(t *testing.T) {
	f, err := os.Open("testdata/cyclictest-ns.txt")
	require.NoError(t, err)
	defer f.Close()
	h, err := parseHistogram(f, 1)
	require.NoError(t, err)
	require.Equal(t, 495, h.total)
	m := h.measures()
	require.Equal(t, 5305.0, m["p50"])
	require.Equal(t, 12589.0, m["p99"])
	require.Equal(t, 5830.0, m["mean"])
	require.Equal(t, 40188.0, m["max"])
}

// Without overflows the mean is that of the buckets, not the rounded one.
func TestHistogramMean(t *testing.T) {
	h, err := parseHistogram(strings.NewReader("# Histogram\n000002 000003\n000007 000001\n"+
		"# Total: 000000004\n# Avg Latencies: 00003\n# Max Latencies: 00007\n# Histogram Overflows: 00000\n"), time.Microsecond)
	require.NoError(t, err)
	require.Equal(t, 3750.0, h.measures()["mean"]) // (3*2.5 + 7.5) / 4
}

func TestHistogramRefused(t *testing.T) {
	for _, out := range []string{
		"",
		"# Histogram\n",
		"# Histogram\n000002 000003\n", // cut off
		"# Histogram\n000002 x\n# Max Latencies: 00007\n",
	} {
		_, err := parseHistogram(strings.NewReader(out), 1)
		require.Error(t, err, out)
	}
}
