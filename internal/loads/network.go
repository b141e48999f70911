package loads

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"time"
)

// Loads of the network poller.
var network = []Load{
	{Name: "network/tcp", Run: func(r *rand.Rand) error { return echo(r, &tcpServer) }},
	{Name: "network/unix", Run: func(r *rand.Rand) error { return echo(r, &unixOne) }},
	{Name: "network/deadline", Run: deadline},
	{Name: "network/pipe", Run: netPipe},
}

// connect dials a server. The connection is reset when closed: one that is shut
// politely keeps its port for a minute, and a hammer runs out of ports.
func connect(which **server) (net.Conn, error) {
	c, err := dial(which)
	if err != nil {
		return nil, err
	}
	if t, ok := c.(*net.TCPConn); ok {
		err = t.SetLinger(0)
	}
	if err == nil {
		err = c.SetDeadline(time.Now().Add(patience))
	}
	if err != nil {
		_ = c.Close()
	}
	return c, err
}

// exchange sends sent over c, in one goroutine, and expects it back.
func exchange(c net.Conn, sent []byte) error {
	wrote := make(chan error, 1)
	go func() {
		_, err := c.Write(sent)
		wrote <- err
	}()
	got := make([]byte, len(sent))
	_, err := io.ReadFull(c, got)
	if err != nil {
		_ = c.Close() // ends the write, too
	}
	if e := <-wrote; err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	if !bytes.Equal(got, sent) {
		return damaged("connection", "%d bytes came back changed", len(sent))
	}
	return nil
}

func echo(r *rand.Rand, which **server) error {
	c, err := connect(which)
	if err != nil {
		return err
	}
	defer c.Close()
	for range 5 {
		sent := make([]byte, 1+r.IntN(4<<10))
		fill(r, sent)
		if err := exchange(c, sent); err != nil {
			return err
		}
	}
	return nil
}

// deadline reads where nothing comes, until the deadline, and goes on.
func deadline(r *rand.Rand) error {
	c, err := connect(&tcpServer)
	if err != nil {
		return err
	}
	defer c.Close()
	for range 2 {
		end := time.Now().Add(time.Duration(r.IntN(800)) * time.Microsecond)
		if err := c.SetReadDeadline(end); err != nil {
			return err
		}
		n, err := c.Read(make([]byte, 1))
		if n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return damaged("connection", "a read until a deadline gave %d bytes and %v", n, err)
		}
		if time.Now().Before(end) {
			return damaged("timer", "a deadline came too early")
		}
		if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
			return err
		}
		if err := exchange(c, []byte("still there")); err != nil {
			return err
		}
	}
	return nil
}

// netPipe uses a connection made of channels and locks.
func netPipe(r *rand.Rand) error {
	a, b := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.CopyBuffer(struct{ io.Writer }{b}, struct{ io.Reader }{b}, make([]byte, 100))
	}()
	sent := make([]byte, 1+r.IntN(1000))
	fill(r, sent)
	err := exchange(a, sent)
	_ = a.Close()
	<-done
	_ = b.Close()
	return err
}
