package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// cpuLimit is how much CPU time a cgroup grants. When it is used up Linux stops
// all threads, virtual CPUs too, until the next period.
type cpuLimit struct {
	cpus   float64 // CPUs' worth of time, +Inf: no limit
	source string  // the file that says so
}

func (c cpuLimit) String() string {
	if math.IsInf(c.cpus, 1) {
		return "none"
	}
	return fmt.Sprintf("%.2f CPUs, beyond which Linux stops all threads", c.cpus)
}

// cgroupLimit finds the lowest limit of this process's cgroup and those above
// it. list is /proc/self/cgroup, root where cgroups are mounted; version 1 and 2.
// ok is false if no file says anything.
func cgroupLimit(list, root string) (lowest cpuLimit, ok bool) {
	data, err := os.ReadFile(list)
	if err != nil {
		return lowest, false
	}
	consider := func(read func(dir string) (cpuLimit, bool), mount, path string) {
		for ; ; path = filepath.Dir(path) {
			if c, found := read(filepath.Join(mount, path)); found && (!ok || c.cpus < lowest.cpus) {
				lowest, ok = c, true
			}
			if path == "/" || path == "." {
				return
			}
		}
	}
	for _, line := range strings.Split(string(data), "\n") {
		f := strings.SplitN(line, ":", 3) // hierarchy:controllers:path
		switch {
		case len(f) != 3:
		case f[0] == "0" && f[1] == "":
			consider(readV2, root, f[2])
			consider(readV2, filepath.Join(root, "unified"), f[2])
		case slices.Contains(strings.Split(f[1], ","), "cpu"):
			consider(readV1, filepath.Join(root, f[1]), f[2])
		}
	}
	return lowest, ok
}

func readV2(dir string) (cpuLimit, bool) {
	name := filepath.Join(dir, "cpu.max")
	data, err := os.ReadFile(name)
	quota, period, found := strings.Cut(strings.TrimSpace(string(data)), " ")
	if err != nil || !found {
		return cpuLimit{}, false
	}
	if quota == "max" {
		quota = "-1"
	}
	return ratio(quota, period, name)
}

func readV1(dir string) (cpuLimit, bool) {
	name := filepath.Join(dir, "cpu.cfs_quota_us")
	quota, err1 := os.ReadFile(name)
	period, err2 := os.ReadFile(filepath.Join(dir, "cpu.cfs_period_us"))
	if err1 != nil || err2 != nil {
		return cpuLimit{}, false
	}
	return ratio(strings.TrimSpace(string(quota)), strings.TrimSpace(string(period)), name)
}

// ratio makes a limit of two numbers of microseconds; a quota below 0 is none.
func ratio(quota, period, source string) (cpuLimit, bool) {
	q, err1 := strconv.ParseFloat(quota, 64)
	p, err2 := strconv.ParseFloat(period, 64)
	switch {
	case err1 != nil || err2 != nil || p <= 0:
		return cpuLimit{}, false
	case q < 0:
		return cpuLimit{math.Inf(1), source}, true
	}
	return cpuLimit{q / p, source}, true
}
