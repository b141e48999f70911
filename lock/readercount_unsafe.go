package lock

import "unsafe"

// add adds d to the number. Plain: without an atomic instruction, which needs
// the caller to be alone on its CPU, and a writer to use allBarrier.
func (c *readerCount) add(plain bool, d int64) {
	if plain {
		*(*int64)(unsafe.Pointer(&c.n)) += d
	} else {
		c.n.Add(d)
	}
}
