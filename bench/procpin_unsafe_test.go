package bench

import _ "unsafe" // for go:linkname

// What the runtime and sync.Pool use to stay on a P: no preemption by Go, but
// the operating system may still move or stop the thread.

//go:linkname procPin runtime.procPin
func procPin() int

//go:linkname procUnpin runtime.procUnpin
func procUnpin()
