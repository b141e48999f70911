//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"runtime/trace"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// Code inside a task is plain Go. Each of these runs something of Go's that
// blocks, unwinds, or looks at goroutines, as a task.
func TestPlainGo(t *testing.T) {
	k := boot(t, Config{})
	task := func(name string, fn func(t *testing.T)) {
		t.Run(name, func(t *testing.T) { in(t, k, Attr{Name: name}, func() { fn(t) }) })
	}
	task("channels", func(t *testing.T) {
		a, b := make(chan int), make(chan int)
		go func() {
			for x := range a {
				b <- x + 1
			}
			close(b)
		}()
		for i := range 100 {
			a <- i
			assert.Equal(t, i+1, <-b)
		}
		close(a)
		_, ok := <-b
		assert.False(t, ok)
	})
	task("select and timers", func(t *testing.T) {
		start := time.Now()
		select {
		case <-make(chan int):
		case <-time.After(2 * time.Millisecond):
		}
		assert.GreaterOrEqual(t, time.Since(start), 2*time.Millisecond)
	})
	task("context", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		<-ctx.Done()
		assert.ErrorIs(t, ctx.Err(), context.DeadlineExceeded)
	})
	task("sync", func(t *testing.T) {
		var mu sync.Mutex
		cond := sync.NewCond(&mu)
		n := 0
		var wg sync.WaitGroup
		for range 8 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				for range 100 {
					mu.Lock()
					n++
					cond.Broadcast()
					mu.Unlock()
				}
			}()
		}
		mu.Lock()
		for n < 800 {
			cond.Wait()
		}
		mu.Unlock()
		wg.Wait()
	})
	task("panic and recover", func(t *testing.T) {
		defer func() { assert.ErrorContains(t, recover().(error), "nil pointer") }()
		var p *int
		*p = 1
	})
	task("os/exec", func(t *testing.T) {
		out, err := exec.Command("echo", "hello").Output()
		assert.NoError(t, err)
		assert.Equal(t, "hello\n", string(out))
	})
	task("a child process may use every CPU", func(t *testing.T) {
		nproc := exec.Command("nproc")
		nproc.Env = []string{} // it obeys OMP_NUM_THREADS
		out, err := nproc.Output()
		assert.NoError(t, err)
		assert.Equal(t, fmt.Sprintln(k.wide.Count()), string(out))
	})
	task("files", func(t *testing.T) {
		name := t.TempDir() + "/f"
		assert.NoError(t, os.WriteFile(name, []byte("x"), 0o600))
		got, err := os.ReadFile(name)
		assert.NoError(t, err)
		assert.Equal(t, "x", string(got))
	})
	task("pipes", func(t *testing.T) {
		r, w, err := os.Pipe()
		assert.NoError(t, err)
		go func() { w.Write([]byte("through")); w.Close() }()
		got, err := io.ReadAll(r)
		assert.NoError(t, err)
		assert.Equal(t, "through", string(got))
		r.Close()
	})
	task("net", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		assert.NoError(t, err)
		defer l.Close()
		go func() {
			c, err := l.Accept()
			if err == nil {
				io.Copy(c, c)
				c.Close()
			}
		}()
		c, err := net.Dial("tcp", l.Addr().String())
		assert.NoError(t, err)
		c.Write([]byte("ping"))
		buf := make([]byte, 4)
		_, err = io.ReadFull(c, buf)
		assert.NoError(t, err)
		assert.Equal(t, "ping", string(buf))
		c.Close()
	})
	task("LockOSThread", func(t *testing.T) {
		runtime.LockOSThread()
		tid := unix.Gettid()
		for range 20 {
			time.Sleep(100 * time.Microsecond)
			runtime.Gosched()
			assert.Equal(t, tid, unix.Gettid())
		}
		runtime.UnlockOSThread()
		runtime.UnlockOSThread() // a no-op in Go, and here
		time.Sleep(time.Millisecond)
	})
	task("iter.Pull across CPUs", func(t *testing.T) {
		next, stop := iter.Pull(func(yield func(int) bool) {
			for i := 0; ; i++ {
				time.Sleep(10 * time.Microsecond) // the coroutine blocks, too
				if !yield(i) {
					return
				}
			}
		})
		defer stop()
		for i := range 50 {
			assert.NoError(t, Current().SetAttr(Attr{CPUs: []int{i % k.cpusLen}}))
			got, ok := next()
			assert.True(t, ok)
			assert.Equal(t, i, got)
		}
		done := make(chan int)
		go func() { got, _ := next(); done <- got }() // and on an ordinary goroutine
		assert.Equal(t, 50, <-done)
	})
	task("stacks and profiles", func(t *testing.T) {
		assert.Contains(t, string(debug.Stack()), "TestPlainGo")
		buf := make([]byte, 1<<20)
		assert.Contains(t, string(buf[:runtime.Stack(buf, true)]), "gpm.(*vcpu).main")
		var b bytes.Buffer
		assert.NoError(t, pprof.Lookup("goroutine").WriteTo(&b, 1))
	})
	task("garbage collection", func(t *testing.T) {
		for range 5 {
			runtime.GC()
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		debug.FreeOSMemory()
	})
	task("signals of the program's", func(t *testing.T) {
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGUSR1)
		defer signal.Stop(c)
		assert.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGUSR1))
		assert.Equal(t, syscall.SIGUSR1, <-c)
	})
	task("http", func(t *testing.T) {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hi") }))
		defer s.Close()
		r, err := s.Client().Get(s.URL)
		require.NoError(t, err)
		body, _ := io.ReadAll(r.Body)
		r.Body.Close()
		assert.Equal(t, "hi", string(body))
	})
	task("SetMaxThreads", func(t *testing.T) { debug.SetMaxThreads(debug.SetMaxThreads(500)) })
}

// The interrupt's own signal still reaches a program that asks for it.
func TestNotifyOfInterruptSignal(t *testing.T) {
	k := boot(t, Config{})
	c := make(chan os.Signal, 10)
	var all []os.Signal
	for sig := syscall.Signal(41); sig <= 62; sig++ {
		all = append(all, sig)
	}
	signal.Notify(c, all...)
	defer signal.Stop(c)
	in(t, k, Attr{}, func() {
		for sig := syscall.Signal(41); sig <= 62; sig++ {
			unix.Tgkill(os.Getpid(), unix.Gettid(), sig)
			for got := range c {
				if got == sig {
					break
				}
			}
		}
	})
}

func TestGoexitAndOnPanic(t *testing.T) {
	k := boot(t, Config{})
	deferred := false
	in(t, k, Attr{}, func() {
		defer func() { deferred = true }()
		runtime.Goexit()
	})
	require.True(t, deferred)

	var value any
	var stack []byte
	in(t, k, Attr{OnPanic: func(v any, s []byte) { value, stack = v, s }}, func() { panic("boom") })
	require.Equal(t, "boom", value)
	require.Contains(t, string(stack), "TestGoexitAndOnPanic")
}

func TestDo(t *testing.T) {
	k := boot(t, Config{})
	require.Nil(t, Current())
	ran := false
	require.NoError(t, k.Do(Attr{Name: "do", Policy: FIFO, Priority: 7}, func() {
		require.Equal(t, "do", Current().Name())
		time.Sleep(time.Millisecond)
		require.ErrorIs(t, k.Do(Attr{}, func() {}), ErrTask)
		ran = true
	}))
	require.True(t, ran)
	require.Nil(t, Current())

	require.PanicsWithValue(t, "out", func() { k.Do(Attr{}, func() { panic("out") }) })
	require.Nil(t, Current())

	ended := make(chan bool)
	go func() {
		defer close(ended)
		k.Do(Attr{}, runtime.Goexit)
	}()
	<-ended

	runtime.LockOSThread()
	err := k.Do(Attr{}, func() {})
	runtime.UnlockOSThread()
	require.ErrorIs(t, err, ErrLocked)
	require.ErrorIs(t, k.Do(Attr{Priority: 3}, func() {}), ErrAttr)
}

func TestOutside(t *testing.T) {
	k := boot(t, Config{CPUs: 1})
	in(t, k, Attr{}, func() {
		me := Current()
		other := make(chan bool)
		Outside(func() {
			require.Nil(t, Current())
			spawn(t, k, Attr{}, func() { close(other) })
			unix.Nanosleep(&unix.Timespec{Nsec: 1e6}, nil) // would hold the only CPU
			<-other
		})
		require.Same(t, me, Current())
		require.PanicsWithError(t, "x", func() { Outside(func() { panic(errors.New("x")) }) })
		require.Same(t, me, Current())
	})
	called := false
	Outside(func() { called = true })
	require.True(t, called)
}

func TestTrace(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, trace.Start(&b))
	k := boot(t, Config{Slice: 100 * time.Microsecond})
	var tasks []*Task
	for i := range 8 {
		tasks = append(tasks, spawn(t, k, Attr{Inherit: i%2 == 0}, func() {
			c := make(chan int)
			for range 50 {
				go func() { c <- 1 }()
				<-c
				runtime.Gosched()
				x := 0
				for j := range 100_000 {
					x += j
				}
				time.Sleep(10 * time.Microsecond)
			}
		}))
	}
	wait(t, tasks...)
	trace.Stop()
	name := t.TempDir() + "/trace"
	require.NoError(t, os.WriteFile(name, b.Bytes(), 0o600))
	out, err := exec.Command("go", "tool", "trace", "-d=parsed", name).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "GoID")
}
