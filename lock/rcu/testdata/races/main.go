// Command races runs one case, which the race detector must report or must not.
// Who comes when is a matter of sleeping: anything else would be an edge.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/lock/rcu"
)

var (
	p    rcu.Pointer[int]
	s    = rcu.NewSRCU("")
	data int // shared without any Pointer
)

const moment = 30 * time.Millisecond

// readers are sections of both kinds.
var readers = map[string]func(func()){
	"rcu": func(f func()) {
		rcu.ReadLock()
		f()
		rcu.ReadUnlock()
	},
	"srcu": func(f func()) {
		index := s.ReadLock()
		f()
		s.ReadUnlock(index)
	},
}

var waits = map[string]map[string]func(){
	"rcu": {
		"Synchronize": rcu.Synchronize, "Expedited": rcu.SynchronizeExpedited,
		"Call": func() { rcu.Call(func() { data++ }); rcu.Barrier() },
		"Cookie": func() {
			c := rcu.StartPoll()
			time.Sleep(moment)
			rcu.SynchronizeCookie(c)
		},
	},
	"srcu": {
		"Synchronize": s.Synchronize,
		"Call":        func() { s.Call(func() { data++ }); s.Barrier() },
	},
}

func reader(kind string, task bool, f func()) func(k *gpm.Kernel) {
	return func(k *gpm.Kernel) {
		body := func() { readers[kind](f) }
		if task || kind == "rcu" {
			if _, err := k.Spawn(gpm.Attr{}, body); err != nil {
				panic(err)
			}
		} else {
			go body()
		}
	}
}

// A case starts a reader, waits for a moment, and goes on as the updater.
func run(k *gpm.Kernel, name, kind, how string) {
	switch name {
	case "reclaimed": // silent: read in the section, changed after the grace period
		reader(kind, false, func() { _ = data })(k)
		time.Sleep(moment)
		waits[kind][how]()
		data++
	case "published": // silent: written before Assign, read after Dereference
		reader(kind, false, func() {
			for v := (*int)(nil); v == nil; time.Sleep(time.Millisecond) {
				if v = p.Access(); v != nil {
					fmt.Println(*v)
				}
			}
		})(k)
		v := new(int)
		*v = 7
		p.Assign(v)
		time.Sleep(2 * moment)
	case "early": // reported: changed without a grace period
		reader(kind, false, func() { _ = data })(k)
		time.Sleep(moment)
		data++
	case "readers": // reported: readers do not wait for each other
		reader(kind, false, func() { data++ })(k)
		time.Sleep(moment)
		reader(kind, true, func() { data++ })(k)
		time.Sleep(moment)
	case "later": // reported: a later section reads what was not published by Assign
		if _, err := k.Spawn(gpm.Attr{}, func() {
			time.Sleep(3 * moment)
			readers[kind](func() { _ = data })
		}); err != nil {
			panic(err)
		}
		data++
		waits[kind][how]()
	}
}

func main() {
	k, err := gpm.Boot(gpm.Config{})
	if err != nil {
		panic(err)
	}
	run(k, os.Args[1], os.Args[2], os.Args[3])
	if err := k.Shutdown(context.Background()); err != nil {
		panic(err)
	}
	fmt.Println("done")
}
