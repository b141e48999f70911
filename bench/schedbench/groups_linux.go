package main

import (
	"errors"
	"io"
	"os"
)

// channels returns a group of channels with room for messages.
func channels(room int) group {
	return func(loops int) (bodies []func() error, end func() error, err error) {
		to := make([]chan [message]byte, pairs)
		for i := range to {
			to[i] = make(chan [message]byte, room)
			bodies = append(bodies, func() error {
				var got [message]byte
				for range pairs * loops {
					got = <-to[i]
				}
				return check(got)
			})
		}
		for range pairs {
			bodies = append(bodies, func() error {
				m := newMessage()
				for range loops {
					for _, c := range to {
						c <- m
					}
				}
				return nil
			})
		}
		return bodies, func() error { return nil }, nil
	}
}

// throughPipes is a group of pipes.
func throughPipes(loops int) (bodies []func() error, end func() error, err error) {
	var from, to []*os.File
	end = func() (err error) {
		for _, f := range append(from, to...) {
			err = errors.Join(err, f.Close())
		}
		return err
	}
	for range pairs {
		r, w, err := os.Pipe()
		if err != nil {
			return nil, nil, errors.Join(err, end())
		}
		from, to = append(from, r), append(to, w)
		bodies = append(bodies, func() error {
			var got [message]byte
			for range pairs * loops {
				if _, err := io.ReadFull(r, got[:]); err != nil {
					return err
				}
			}
			return check(got)
		})
	}
	for range pairs {
		bodies = append(bodies, func() error {
			m := newMessage()
			for range loops {
				for _, w := range to {
					if _, err := w.Write(m[:]); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	return bodies, end, nil
}

// newMessage returns a message, which check knows.
func newMessage() (m [message]byte) {
	for i := range m {
		m[i] = byte(i)
	}
	return m
}

func check(m [message]byte) error {
	if m != newMessage() {
		return errors.New("a message is not what was sent")
	}
	return nil
}
