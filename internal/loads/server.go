package loads

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"
)

// server sends back what it gets, to any number of clients.
type server struct {
	listener net.Listener
	err      error // why there is no listener
	handlers sync.WaitGroup
}

var (
	serversMu sync.Mutex
	tcpServer *server
	unixOne   *server
	unixDir   string // to be removed, "" if none
)

var errClosed = errors.New("loads: the servers are closed; All starts them")

// startServers starts the servers that do not run.
func startServers() {
	serversMu.Lock()
	defer serversMu.Unlock()
	if tcpServer == nil {
		tcpServer = serve("tcp", "127.0.0.1:0")
	}
	if unixOne == nil {
		unixOne = serve("unix", unixAddress())
	}
}

// unixAddress returns an address for the unix server. Linux has ones that are
// no files, and so cannot be left behind.
func unixAddress() string {
	if runtime.GOOS == "linux" {
		return fmt.Sprintf("@gokern-loads-%d", os.Getpid())
	}
	dir, err := os.MkdirTemp("", "gokern-loads-")
	if err != nil {
		return ""
	}
	unixDir = dir
	return filepath.Join(dir, "socket")
}

// Close stops what All has started, and waits for it. No load may run, or run
// later unless All is called again. Context: may block.
func Close() {
	serversMu.Lock()
	defer serversMu.Unlock()
	for _, s := range []**server{&tcpServer, &unixOne} {
		if *s != nil {
			(*s).close()
			*s = nil
		}
	}
	if unixDir != "" {
		_ = os.RemoveAll(unixDir)
		unixDir = ""
	}
}

func serve(kind, address string) *server {
	s := new(server)
	if s.listener, s.err = net.Listen(kind, address); s.err != nil {
		return s
	}
	s.handlers.Add(1)
	go func() {
		defer s.handlers.Done()
		for {
			c, err := s.listener.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				time.Sleep(time.Millisecond) // no descriptors, perhaps
				continue
			}
			s.handlers.Add(1)
			go func() {
				defer s.handlers.Done()
				defer c.Close()
				_, _ = io.Copy(c, c) // a client that resets is no error
			}()
		}
	}()
	return s
}

// close stops s and waits until it has no client.
func (s *server) close() {
	if s.err == nil {
		_ = s.listener.Close()
		s.handlers.Wait()
	}
}

// dial connects to *which, a server.
func dial(which **server) (net.Conn, error) {
	serversMu.Lock()
	s := *which
	serversMu.Unlock()
	if s == nil {
		return nil, errClosed
	}
	if s.err != nil {
		return nil, s.err
	}
	a := s.listener.Addr()
	return net.DialTimeout(a.Network(), a.String(), patience)
}
