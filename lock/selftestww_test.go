package lock_test

import (
	"errors"

	"github.com/gokern/gokern/lock"
)

// wwCases: acquire contexts, and WWMutexes with other locks.
func (s *selfTest) wwCases() {
	s.line("ww api")
	s.run("normal", good, func(*env) {
		c := new(lock.WWClass)
		x := c.Begin()
		a, b := lock.NewWWMutex(c), lock.NewWWMutex(c)
		must(a.Lock(x))
		must(b.Lock(x))
		x.Done()
		a.Unlock()
		b.Unlock()
		x.Fini()
	})
}

func must(err error) {
	if err != nil {
		panic(errors.Join(errors.New("unexpected"), err))
	}
}
