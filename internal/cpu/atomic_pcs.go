package cpu

// TakeAtomic returns and clears the record of a task that blocked while atomic:
// its callers and the count's word then; nil if there is none. Context: the
// task itself.
func TakeAtomic() (pcs []uintptr, word uint32) {
	b := This()
	if b == nil || b.AtomicLen == 0 {
		return nil, 0
	}
	pcs = append(pcs, b.AtomicPCs[:b.AtomicLen]...)
	word = b.AtomicSeen
	b.AtomicLen = 0
	return pcs, word
}
