//go:build !linux

package main

// kernelRelease returns "": no release is asked for on systems without a port.
func kernelRelease() string { return "" }

// addSystem adds that the system is not Linux.
func addSystem(r *report) {
	r.add(groupSystem, "system", r.OS+"/"+r.Arch+", not linux/amd64", "package runtime", missing)
}
