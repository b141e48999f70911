package main

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"

	"github.com/gokern/gokern/internal/topology"
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
	cpus, err := allowed()
	if err != nil {
		r.add(groupSystem, "CPUs that may be used", "unknown: "+err.Error(), "sched_getaffinity", info)
	} else {
		r.add(groupSystem, "CPUs that may be used", fmt.Sprintf("%d: %s", len(cpus), ranges(cpus)), "sched_getaffinity", info)
		cores, caches, nodes := topology.Read(topology.Sysfs(), cpus).Counts()
		r.add(groupSystem, "cores, caches, nodes", fmt.Sprintf("%d, %d, %d", cores, caches, nodes), "/sys/devices/system", info)
	}
	value, source := "unknown", "/proc/self/cgroup"
	if c, ok := cgroupLimit("/proc/self/cgroup", "/sys/fs/cgroup"); ok {
		value, source = c.String(), c.source
	}
	r.add(groupSystem, "CPU limit of the cgroup", value, source, info)
}

// allowed lists the CPUs that the process may use.
func allowed() (list []int, err error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil, err
	}
	for i := range len(set) * strconv.IntSize {
		if set.IsSet(i) {
			list = append(list, i)
		}
	}
	return list, nil
}

// ranges writes an ascending list of numbers as taskset does: 0-3,8.
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
