// Package topology knows how the machine's CPUs are related: which are threads of
// one core, share a last-level cache, or belong to one memory node. Linux says so
// in /sys/devices/system.
//
// What is missing there, in a container without sysfs or on a virtual machine that
// hides it, is taken to be all alike: without files the machine is one flat level,
// each CPU a core of its own, all with one cache and one node.
package topology
