package topology

import (
	"fmt"
	"strconv"
	"strings"
)

// ParseList reads a list of CPUs as Linux writes them: "0-3,8". An empty one is
// valid. Linux: bitmap_parselist().
func ParseList(s string) (list []int, err error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return nil, nil
	}
	for _, part := range strings.Split(s, ",") {
		a, b, isRange := strings.Cut(part, "-")
		first, err := strconv.Atoi(a)
		if err != nil {
			return nil, fmt.Errorf("CPU list %q: %w", s, err)
		}
		last := first
		if isRange {
			if last, err = strconv.Atoi(b); err != nil {
				return nil, fmt.Errorf("CPU list %q: %w", s, err)
			}
		}
		if first < 0 || last < first || last > mostCPUs {
			return nil, fmt.Errorf("CPU list %q: bad range %q", s, part)
		}
		for i := first; i <= last; i++ {
			list = append(list, i)
		}
	}
	return list, nil
}

// mostCPUs bounds the numbers that are believed. Linux: NR_CPUS is 8192 at most.
const mostCPUs = 1 << 16
