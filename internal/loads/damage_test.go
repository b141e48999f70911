package loads

import (
	"errors"
	"math/big"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// TestDamageIsSeen damages what loads compare with, or what they share, and
// expects each to say so; undone, they must run again.
func TestDamageIsSeen(t *testing.T) {
	defer Close()
	byName := make(map[string]Load)
	for _, l := range All() {
		byName[l.Name] = l
	}
	for name, c := range map[string]struct {
		damage, undo func()
		want         string
	}{
		"registers/chaos": {
			func() { invert(chaosWant[:]) }, func() { invert(chaosWant[:]) }, "floating-point registers damaged",
		},
		"vectors/sha256": {
			func() { sha256Links[7][3] ^= 1 }, func() { sha256Links[7][3] ^= 1 }, "vector registers damaged",
		},
		"vectors/sha512": {
			func() { sha512Links[20][63] ^= 1 }, func() { sha512Links[20][63] ^= 1 }, "vector registers damaged",
		},
		"numbers/modexp": {
			func() { prime.Sub(prime, big.NewInt(2)) }, func() { prime.Add(prime, big.NewInt(2)) }, "big number damaged",
		},
		"text/regexp": {
			func() { word = regexp.MustCompile(`([a-z]+)([0-9])(x?)!`) },
			func() { word = regexp.MustCompile(wordPattern) }, "string damaged",
		},
		"locks/mutex": {
			func() { guarded.b++ }, func() { guarded.b-- }, "counters damaged",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := source(byName[name], 0)
			c.damage()
			err := byName[name].Run(r)
			c.undo()
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("damaged: the error is %v, want %q", err, c.want)
			}
			if err := byName[name].Run(r); err != nil {
				t.Errorf("undone: %v", err)
			}
		})
	}
}

func invert(x []float64) {
	for i := range x {
		x[i] = -x[i]
	}
}

// TestReaderSeesWriter damages the shared words as a writer without a lock
// would. Writers among the runs put them right.
func TestReaderSeesWriter(t *testing.T) {
	r := source(Load{Name: t.Name()}, 0)
	var err error
	for range 100 {
		shared.words[5]++
		if err = rwMutexLoad(r); err != nil {
			break
		}
	}
	if err == nil {
		t.Error("no reader saw that the words differ")
	}
	clear(shared.words[:])
	if err := rwMutexLoad(r); err != nil {
		t.Errorf("undone: %v", err)
	}
}

// TestPoolSharedIsSeen gives everybody the same object.
func TestPoolSharedIsSeen(t *testing.T) {
	if raceEnabled {
		t.Skip("this is a race, and the detector says so")
	}
	one := new([32]uint64)
	old := pool.New
	pool.New = func() any { return one }
	defer func() { pool.New = old }()
	for range 3 { // empty the pool, and what it keeps from the last collection
		runtime.GC()
	}
	errs := make(chan error)
	for i := range 4 {
		go func() {
			r := source(Load{Name: t.Name()}, uint64(i))
			for range 1000 {
				if err := poolLoad(r); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	seen := 0
	for range 4 {
		if <-errs != nil {
			seen++
		}
	}
	if seen == 0 {
		t.Error("nobody saw that others use the same object")
	}
	for range 3 {
		runtime.GC()
	}
}

// TestStackDamageIsSeen writes to a caller's frame through a pointer that the
// callee is not meant to have.
func TestStackDamageIsSeen(t *testing.T) {
	f := frame{nil, 3}
	good := chain(&f, 10, 1)
	f.value++
	if bad := chain(&f, 10, 1); bad != good+1 {
		t.Errorf("one more in a frame makes %d of %d", bad, good)
	}
}

func TestClose(t *testing.T) {
	All()
	Close()
	r := source(Load{Name: t.Name()}, 0)
	for _, which := range []**server{&tcpServer, &unixOne} {
		if err := echo(r, which); !errors.Is(err, errClosed) {
			t.Errorf("closed: the error is %v, want %v", err, errClosed)
		}
	}
	All()
	defer Close()
	for _, which := range []**server{&tcpServer, &unixOne} {
		if err := echo(r, which); err != nil {
			t.Errorf("started again: %v", err)
		}
	}
}
