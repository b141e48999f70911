package signals

// HoldThread keeps a Free of i from ending, as a thread that has not ended does, until
// release.
func HoldThread(i *IRQ) (release func()) {
	i.ended.Add(1)
	return i.ended.Done
}

// Closing reports whether a Free of i has begun.
func Closing(i *IRQ) bool { return i.closing.Load() }

// RunElsewhere does what another CPU does where w has been queued meanwhile.
func RunElsewhere(w *IRQWork) {
	w.claim()
	w.run()
}
