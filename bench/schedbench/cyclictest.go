package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/gokern/gokern/internal/measure"
)

// histogram is what cyclictest -h prints for one thread.
type histogram struct {
	width     time.Duration // of a bucket
	buckets   []bucket      // in order
	total     int           // in the buckets
	overflows int           // that were later than the last bucket
	avg, max  time.Duration // of all
}

type bucket struct{ value, count int }

// parseHistogram reads cyclictest's standard output. width is its unit: a
// microsecond, or with -N a nanosecond.
func parseHistogram(r io.Reader, width time.Duration) (h histogram, err error) {
	h.width = width
	seen := false
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := lines.Text()
		if name, value, ok := strings.Cut(line, ":"); ok {
			n, err := strconv.Atoi(strings.TrimLeft(strings.TrimSpace(value), "0"))
			if err != nil {
				n = 0 // no number, or only zeros
			}
			switch name {
			case "# Avg Latencies":
				h.avg = time.Duration(n) * width
			case "# Max Latencies":
				h.max, seen = time.Duration(n)*width, true
			case "# Histogram Overflows":
				h.overflows = n
			}
			continue
		}
		if line == "" || line[0] == '#' {
			continue
		}
		value, count, _ := strings.Cut(line, " ") // there may be a million lines
		v, err1 := strconv.Atoi(value)
		n, err2 := strconv.Atoi(strings.TrimSpace(count))
		if err := errors.Join(err1, err2); err != nil {
			return h, fmt.Errorf("cyclictest's histogram: %q: %w", line, err)
		}
		if n > 0 {
			h.buckets = append(h.buckets, bucket{v, n})
			h.total += n
		}
	}
	if err := lines.Err(); err != nil {
		return h, err
	}
	if !seen || h.total == 0 {
		return h, errors.New("cyclictest printed no histogram")
	}
	return h, nil
}

// middle returns the time that stands for what is in b. cyclictest rounds down.
func (h histogram) middle(b bucket) float64 {
	if h.width == 1 {
		return float64(b.value)
	}
	return (float64(b.value) + 0.5) * float64(h.width)
}

// percentile returns percentile p in ns. Of what is beyond the last bucket only
// the largest is known, and stands for all.
func (h histogram) percentile(p float64) float64 {
	rank := measure.Rank(h.total+h.overflows, p)
	for _, b := range h.buckets {
		if rank -= b.count; rank <= 0 {
			return h.middle(b)
		}
	}
	return float64(h.max)
}

func (h histogram) measures() measures {
	mean := float64(h.avg)
	if h.overflows == 0 { // more precise: the average is rounded down
		mean = 0
		for _, b := range h.buckets {
			mean += h.middle(b) * float64(b.count) / float64(h.total)
		}
	}
	return measures{"mean": mean, "p50": h.percentile(50), "p90": h.percentile(90), "p99": h.percentile(99), "max": float64(h.max)}
}
