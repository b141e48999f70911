// Everything in package percpu, used as it should be: the race detector must say
// nothing.
package main

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/percpu"
)

type object struct{ n int }

var (
	number  = percpu.NewVar[int]()
	word    = percpu.NewWord[int64]()
	narrow  = percpu.NewWord[uint32]()
	pointer = percpu.NewPointer[object]()
	counter = percpu.NewCounter(0)
	objects = percpu.NewPool(func() *object { return new(object) })
)

const rounds = 20_000

func use() {
	for range rounds {
		*number.GetPtr()++
		number.PutPtr()
		word.Inc()
		word.CmpXchg(word.Read(), word.Read())
		narrow.AddReturn(1)
		p := &object{n: 1}
		if old := pointer.Xchg(p); old != nil {
			old.n++ // nobody else has it
		}
		pass()
	}
}

// pass is what ordinary goroutines do too.
func pass() {
	counter.Inc()
	o := objects.Get()
	o.n++
	objects.Put(o)
}

func main() {
	k, err := gpm.Boot(gpm.Config{CPUs: 3, Slice: 100 * time.Microsecond})
	if err != nil {
		panic(err)
	}
	var tasks []*gpm.Task
	for range 4 {
		t, err := k.Spawn(gpm.Attr{}, use)
		if err != nil {
			panic(err)
		}
		tasks = append(tasks, t)
	}
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		for range rounds {
			pass()
		}
	}()
	// Reads from elsewhere, while all that goes on.
	for range 100 {
		word.Sum()
		narrow.Sum()
		counter.Sum()
		counter.Read()
		pointer.Of(0)
		runtime.GC()
	}
	for _, t := range tasks {
		if err := t.Wait(context.Background()); err != nil {
			panic(err)
		}
	}
	wg.Wait()
	sum := 0
	for _, p := range number.Each() {
		sum += *p
	}
	if sum != 4*rounds || counter.Sum() != 5*rounds || narrow.Sum() != 4*rounds {
		panic(sum)
	}
	if err := k.Shutdown(context.Background()); err != nil {
		panic(err)
	}
	println("done")
}
