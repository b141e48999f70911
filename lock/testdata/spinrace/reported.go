package main

import (
	"context"
	"sync"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/lock"
)

type readers struct{ *lock.RWLock }

func (r readers) Lock()   { r.RLock() }
func (r readers) Unlock() { r.RUnlock() }

var shared int

// reported: tasks change a variable, each under a lock of its own of that kind, or
// as readers of one lock: the race detector must report it.
func reported(kind string) {
	var locks [2]sync.Locker
	switch kind {
	case "SpinLock":
		locks = [2]sync.Locker{new(lock.SpinLock), new(lock.SpinLock)}
	case "TicketLock":
		locks = [2]sync.Locker{new(lock.TicketLock), new(lock.TicketLock)}
	case "MCSLock":
		locks = [2]sync.Locker{new(lock.MCSLock), new(lock.MCSLock)}
	case "RWLock":
		locks = [2]sync.Locker{new(lock.RWLock), new(lock.RWLock)}
	case "RLock":
		l := readers{new(lock.RWLock)}
		locks = [2]sync.Locker{l, l}
	case "LocalLock": // on two CPUs
		l := new(lock.LocalLock)
		locks = [2]sync.Locker{l, l}
	default:
		panic(kind)
	}
	k, err := gpm.Boot(gpm.Config{CPUs: 2})
	if err != nil {
		panic(err)
	}
	for n, l := range locks {
		if _, err := k.Spawn(gpm.Attr{CPUs: []int{n}}, func() {
			for range 5_000 {
				l.Lock()
				shared++
				l.Unlock()
			}
		}); err != nil {
			panic(err)
		}
	}
	if err := k.Shutdown(context.Background()); err != nil {
		panic(err)
	}
	println("done")
}
