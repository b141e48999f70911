//go:build linux && amd64 && go1.25 && !go1.28

package readers

import (
	"math/bits"
	"unsafe"

	"github.com/gokern/gokern/internal/cpu"
	"github.com/gokern/gokern/internal/goport"
)

// Snap sets r.Cookie to what Seq will be at least when a grace period has passed
// that begins from now on, and has that one begin. Linux: rcu_seq_snap().
func (r *Request) Snap() {
	if !started() {
		r.Done = true
		return
	}
	goport.OnG0(snapOnG0, unsafe.Pointer(r))
}

// started reports whether there has ever been a kernel. Before there are no readers,
// and no way to g0.
func started() bool { return cpu.Load32(&state.started) != 0 }

//go:norace
func snapOnG0(p unsafe.Pointer) {
	r := (*Request)(p)
	lock()
	r.Cookie = (state.seq + 3) &^ 1
	r.step()
	unlock()
}

// Step moves grace periods on as far as they go, and sets r.Done if the cookie's
// is over. Context: any goroutine, atomic or not.
func (r *Request) Step() {
	if !started() {
		r.Done = true
		return
	}
	goport.OnG0(stepOnG0, unsafe.Pointer(r))
}

//go:norace
func stepOnG0(p unsafe.Pointer) {
	r := (*Request)(p)
	lock()
	r.step()
	unlock()
}

// step is both; the lock is held.
//
//go:norace
func (r *Request) step() {
	if r.Cookie > state.wanted {
		state.wanted = r.Cookie
	}
	var own *cpu.Block
	if r.Quiet {
		own = cpu.This()
	}
	for state.seq&1 != 0 || state.seq < state.wanted {
		if state.seq&1 == 0 {
			begin()
		}
		if !over(own) {
			break
		}
		state.seq++
	}
	r.Seq = state.seq
	r.Done = r.Seq >= r.Cookie
	r.Late = [maxCPUs / 64]uint64{}
	for i := range state.seats {
		if state.seq&1 != 0 && state.seats[i].waits {
			r.Late[i/64] |= 1 << (i % 64)
		}
	}
}

// Hurry has the CPUs that r.Late names report: those that are in no section at
// once, the others at its end. With sample those leave a sample of their stack.
func (r *Request) Hurry(sample bool) {
	r.ask = cpu.AskQuiet
	if sample {
		r.ask |= cpu.AskSample
	}
	if started() && !r.Done {
		goport.OnG0(hurryOnG0, unsafe.Pointer(r))
	}
}

// hurryOnG0 runs on g0 so that the caller cannot be switched out between saying
// that an interrupt is under way and sending it.
//
//go:norace
func hurryOnG0(p unsafe.Pointer) {
	r := (*Request)(p)
	// A listed task that has ended its section, with preemption off, is to be
	// switched out; an interrupt sees to that if nothing else has.
	lock()
	n := 0
	for t := state.now.head.Reading.Next; t != &state.now.head && n < 100; t = t.Reading.Next {
		if on := t.Running(); on != 0 && t.Reader == cpu.ReaderSpecial {
			r.Late[(on-1)/64] |= 1 << ((on - 1) % 64)
		}
		n++
	}
	unlock()
	for w, set := range r.Late {
		for ; set != 0; set &= set - 1 {
			Interrupt(w*64+bits.TrailingZeros64(set), r.ask)
		}
	}
}

// Interrupt asks CPU i for something and sends it an interrupt. Package gpm sets
// it. Context: g0.
var Interrupt func(i int, ask uint32)

// Describe says which task t is. Package gpm sets it.
var Describe func(t *goport.Task) Who

// Look says what holds up the grace period that r waits for.
func (r *Request) Look() *Holdup {
	h := new(Holdup)
	goport.OnG0(lookOnG0, unsafe.Pointer(h))
	return h
}

//go:norace
func lookOnG0(p unsafe.Pointer) {
	h := (*Holdup)(p)
	lock()
	if state.seq&1 != 0 {
		for i := range state.seats {
			s := &state.seats[i]
			if s.waits && s.b.Current != nil && s.b.Quiet == s.snap && h.NCPUs < len(h.CPUs) {
				c := &h.CPUs[h.NCPUs]
				h.NCPUs++
				c.ID = s.b.ID
				c.Task = (*goport.Task)(s.b.Current)
				c.Count = s.b.Count &^ (cpu.NoNeed | cpu.Active)
				c.IRQOff = s.b.IRQOff != 0 || s.b.HardOff != 0
				c.Depth = c.Task.Reader & cpu.ReaderDepth
				c.IRQs = s.b.IRQs
				c.block = s.b
			}
		}
		for t := state.now.head.Reading.Next; t != &state.now.head; t = t.Reading.Next {
			if h.NTasks < len(h.Tasks) {
				h.Tasks[h.NTasks] = t
				h.NTasks++
			} else {
				h.More++
			}
		}
	}
	unlock()
}

// Forget makes room for a new sample of the CPU's stack.
//
//go:norace
func (c *HeldCPU) Forget() { cpu.Store32(&c.block.SampleLen, 0) }

// Answered returns how many interrupts the CPU has taken since.
//
//go:norace
func (c *HeldCPU) Answered() uint64 { return c.block.IRQs - c.IRQs }

// Sample returns the sample, nil if there is none yet.
//
//go:norace
func (c *HeldCPU) Sample() (pcs []uintptr) {
	n := cpu.Load32(&c.block.SampleLen)
	for i := range n {
		pcs = append(pcs, c.block.Sample[i])
	}
	if n != 0 {
		pcs[0]++ // as runtime.CallersFrames wants it: the others are return addresses
	}
	return pcs
}
