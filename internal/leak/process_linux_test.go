package leak

import (
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// The main thread runs what tests send to onMain; the tests run elsewhere.
var mainCalls = make(chan func())

func init() { runtime.LockOSThread() }

func TestMain(m *testing.M) {
	go Main(m)
	for f := range mainCalls {
		f()
	}
}

func onMain(f func()) {
	done := make(chan struct{})
	mainCalls <- func() { f(); close(done) }
	<-done
}

func TestFile(t *testing.T) {
	before := Take()
	f, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	expect(t, before, "file descriptor ")
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	expect(t, before)
}

func TestPipe(t *testing.T) {
	before := Take()
	from, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	expect(t, before, "file descriptor ", "file descriptor ")
	if err := errors.Join(from.Close(), to.Close()); err != nil {
		t.Fatal(err)
	}
	expect(t, before)
}

// TestSplicePipesAreKept has io.Copy fill Go's pool of pipes.
func TestSplicePipesAreKept(t *testing.T) {
	before := Take()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	copied := make(chan error)
	go func() {
		c, err := l.Accept()
		if err == nil {
			_, err = io.Copy(c, c)
			err = errors.Join(err, c.Close())
		}
		copied <- err
	}()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.Close(), <-copied, l.Close()); err != nil {
		t.Fatal(err)
	}
	if found := before.Diff(); found != nil {
		t.Errorf("found %q", found)
	}
}

func TestSignalMask(t *testing.T) {
	before := Take()
	var set, old unix.Sigset_t
	set.Val[0] = 1 << (unix.SIGUSR2 - 1)
	var err error
	onMain(func() { err = unix.PthreadSigmask(unix.SIG_BLOCK, &set, &old) })
	if err != nil {
		t.Fatal(err)
	}
	expect(t, before, "blocked signals: ")
	onMain(func() { err = unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil) })
	if err != nil {
		t.Fatal(err)
	}
	expect(t, before)
}

// twoCPUs returns the CPUs that the process may use, and one of them.
func twoCPUs(t *testing.T) (all, one unix.CPUSet) {
	t.Helper()
	if err := unix.SchedGetaffinity(os.Getpid(), &all); err != nil {
		t.Fatal(err)
	}
	if all.Count() < 2 {
		t.Skip("the process may use one CPU only: no thread is more pinned than others")
	}
	for i := 0; one.Count() == 0; i++ {
		if all.IsSet(i) {
			one.Set(i)
		}
	}
	return all, one
}

func TestAffinity(t *testing.T) {
	all, one := twoCPUs(t)
	before := Take()
	if err := unix.SchedSetaffinity(os.Getpid(), &one); err != nil {
		t.Fatal(err)
	}
	found := before.diffWithin(0)
	if err := unix.SchedSetaffinity(os.Getpid(), &all); err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Error("the main thread's affinity has changed and nothing was found")
	}
	expect(t, before)
}

// TestPinnedThread pins a thread that stays, and sees another go.
func TestPinnedThread(t *testing.T) {
	all, one := twoCPUs(t)
	before := Take()
	pinned, unpin := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		pinned <- unix.SchedSetaffinity(0, &one)
		<-unpin
		pinned <- unix.SchedSetaffinity(0, &all)
		<-unpin
	}()
	if err := <-pinned; err != nil {
		t.Fatal(err)
	}
	expect(t, before, "goroutine: ", "thread ")
	unpin <- struct{}{}
	if err := <-pinned; err != nil {
		t.Fatal(err)
	}
	expect(t, before, "goroutine: ") // the thread is not pinned any more
	close(unpin)
	expect(t, before)
}

// TestPinnedThreadEnds leaves the pinned thread to Go, which ends it with its
// goroutine.
func TestPinnedThreadEnds(t *testing.T) {
	_, one := twoCPUs(t)
	before := Take()
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		done <- unix.SchedSetaffinity(0, &one)
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	expect(t, before)
}
