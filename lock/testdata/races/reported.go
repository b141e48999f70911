package main

import (
	"context"
	"sync"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/lock"
)

// readers is the reading side of a lock.
type readers struct {
	sync.Locker
	l interface {
		RLock()
		RUnlock()
	}
}

func (r readers) Lock()   { r.l.RLock() }
func (r readers) Unlock() { r.l.RUnlock() }

type semaphore struct{ *lock.Semaphore }

func (s semaphore) Lock()   { s.Down() }
func (s semaphore) Unlock() { s.Up() }

type ww struct{ *lock.WWMutex }

func (m ww) Lock() {
	if err := m.WWMutex.Lock(nil); err != nil {
		panic(err)
	}
}

var shared int

var wounds lock.WWClass

// kinds make a lock each.
var kinds = map[string]func() sync.Locker{
	"SpinLock":    func() sync.Locker { return new(lock.SpinLock) },
	"TicketLock":  func() sync.Locker { return new(lock.TicketLock) },
	"MCSLock":     func() sync.Locker { return new(lock.MCSLock) },
	"RWLock":      func() sync.Locker { return new(lock.RWLock) },
	"Mutex":       func() sync.Locker { return new(lock.Mutex) },
	"RTMutex":     func() sync.Locker { return new(lock.RTMutex) },
	"WWMutex":     func() sync.Locker { return ww{lock.NewWWMutex(&wounds)} },
	"Semaphore":   func() sync.Locker { return semaphore{lock.NewSemaphore(1)} },
	"RWSem":       func() sync.Locker { return new(lock.RWSem) },
	"PerCPURWSem": func() sync.Locker { return lock.NewPerCPURWSem() },
}

// common are locks that do not keep two tasks on two CPUs apart.
var common = map[string]sync.Locker{
	"LocalLock":           new(lock.LocalLock),
	"RWLock readers":      readers{l: new(lock.RWLock)},
	"RWSem readers":       readers{l: new(lock.RWSem)},
	"PerCPURWSem readers": readers{l: lock.NewPerCPURWSem()},
}

// reported: tasks change a variable, each under a lock of its own of that kind, or
// in a way that does not keep them apart: the race detector must report it.
func reported(kind string) {
	var locks [2]sync.Locker
	for i := range locks {
		if l := common[kind]; l != nil {
			locks[i] = l
		} else {
			locks[i] = kinds[kind]()
		}
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
