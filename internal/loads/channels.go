package loads

import (
	"math/rand/v2"
	"time"
)

// Loads of channels and select.
var channels = []Load{
	{Name: "channels/pingpong", Run: repeat(3, pingPong)},
	{Name: "channels/pipeline", Run: pipeline},
	{Name: "channels/select", Run: repeat(2, selects)},
	{Name: "channels/timeout", Run: selectTimeout},
}

func pingPong(r *rand.Rand) error {
	ping, pong, done := make(chan uint64), make(chan uint64), make(chan struct{})
	go func() {
		defer close(done)
		for x := range ping {
			pong <- x + 1
		}
	}()
	defer func() { close(ping); <-done }()
	for range 50 {
		x := r.Uint64()
		ping <- x
		if got := <-pong; got != x+1 {
			return damaged("channel", "sent %#x, got %#x, want one more", x, got)
		}
	}
	return nil
}

// pipeline sends numbers through goroutines that each add one, over channels of
// several sizes. Elements are larger than a register.
func pipeline(r *rand.Rand) error {
	type element struct {
		value, check uint64
		text         string
	}
	const stages, n = 6, 40
	first := make(chan element)
	in := first
	for i := range stages {
		from, to := in, make(chan element, i*i)
		go func() {
			defer close(to)
			for e := range from {
				e.value++
				e.check--
				to <- e
			}
		}()
		in = to
	}
	seed := r.Uint64()
	go func() {
		defer close(first)
		for i := range uint64(n) {
			first <- element{seed + i, ^(seed + i), "element"}
		}
	}()
	got := uint64(0)
	var err error
	for e := range in {
		if want := seed + got + stages; e.value != want || e.check != ^want || e.text != "element" {
			err = damaged("channel", "element %d is %v, want %#x", got, e, want)
		}
		got++
	}
	if got != n {
		err = damaged("channel", "%d elements came, want %d", got, n)
	}
	return err
}

// selects merges four senders, one of which stops in between.
func selects(r *rand.Rand) error {
	const each = 20
	var in [4]chan int
	for i := range in {
		in[i] = make(chan int, r.IntN(3))
		go func() {
			for x := range each {
				in[i] <- i*1000 + x
			}
			close(in[i])
		}()
	}
	var next [4]int
	a, b, c, d := in[0], in[1], in[2], in[3]
	var err error
	take := func(i, v int, ok bool, ch *chan int) {
		if !ok {
			*ch = nil
			return
		}
		if v != i*1000+next[i] && err == nil {
			err = damaged("channel", "value %d of sender %d is %d", next[i], i, v)
		}
		next[i]++
	}
	for a != nil || b != nil || c != nil || d != nil {
		select {
		case v, ok := <-a:
			take(0, v, ok, &a)
		case v, ok := <-b:
			take(1, v, ok, &b)
		case v, ok := <-c:
			take(2, v, ok, &c)
		case v, ok := <-d:
			take(3, v, ok, &d)
		}
	}
	if err == nil && next != [4]int{each, each, each, each} {
		err = damaged("channel", "senders delivered %v, want %d each", next, each)
	}
	return err
}

// selectTimeout waits with a short timer that must fire and a long one that
// must not.
func selectTimeout(r *rand.Rand) error {
	short, c := time.Duration(r.IntN(500))*time.Microsecond, make(chan int)
	start := time.Now()
	select {
	case <-c:
		return damaged("channel", "received what nobody sent")
	case <-time.After(short):
		if d := time.Since(start); d < short {
			return damaged("timer", "one of %v fired after %v", short, d)
		}
	}
	go func() { c <- 7 }()
	long := time.NewTimer(patience)
	defer long.Stop()
	select {
	case v := <-c:
		if v != 7 {
			return damaged("channel", "sent 7, got %d", v)
		}
	case <-long.C:
		return damaged("channel", "nothing came in %v", patience)
	}
	return nil
}
