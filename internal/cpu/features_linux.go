package cpu

import "golang.org/x/sys/unix"

// HasFSGSBase reports whether the kernel lets user code read and write the GS
// base (AT_HWCAP2 bit 1; Linux 5.9 or later on a processor that can).
func HasFSGSBase() bool {
	auxv, err := unix.Auxv()
	if err != nil {
		return false
	}
	const atHWCAP2, fsgsbase = 26, 1 << 1
	for _, pair := range auxv {
		if pair[0] == atHWCAP2 {
			return pair[1]&fsgsbase != 0
		}
	}
	return false
}
