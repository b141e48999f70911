package main

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// kernelRelease returns what uname -r prints, "" if that fails.
func kernelRelease() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Release[:])
}

// addSystem adds what the machine and its operating system can do.
func addSystem(r *report) {
	r.add(groupSystem, "system", r.OS+"/"+r.Arch, "package runtime", have(runtime.GOARCH == "amd64"))
	r.add(groupSystem, "Linux release", r.Kernel, "uname", info)
	addProbes(r)
	r.add(groupSystem, "CPUs that may be used", allowed(), "sched_getaffinity", info)
	value, source := "unknown", "/proc/self/cgroup"
	if c, ok := cgroupLimit("/proc/self/cgroup", "/sys/fs/cgroup"); ok {
		value, source = c.String(), c.source
	}
	r.add(groupSystem, "CPU limit of the cgroup", value, source, info)
}

// allowed lists the CPUs that the process may use, as taskset does: 0-3,8.
func allowed() string {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return "unknown: " + err.Error()
	}
	var list []int
	for i := range len(set) * strconv.IntSize {
		if set.IsSet(i) {
			list = append(list, i)
		}
	}
	return fmt.Sprintf("%d: %s", len(list), ranges(list))
}

// ranges writes an ascending list of numbers, runs as first-last.
func ranges(list []int) string {
	var parts []string
	for i := 0; i < len(list); {
		j := i
		for j+1 < len(list) && list[j+1] == list[j]+1 {
			j++
		}
		part := strconv.Itoa(list[i])
		if j > i {
			part += "-" + strconv.Itoa(list[j])
		}
		parts = append(parts, part)
		i = j + 1
	}
	return strings.Join(parts, ",")
}
