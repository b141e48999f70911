package loads

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
)

// Loads of files and pipes: system calls that block the thread, and ones that
// the network poller waits for.
var files = []Load{
	{Name: "files/file", Run: fileLoad},
	{Name: "files/pipe", Run: pipeLoad},
}

func fileLoad(r *rand.Rand) (err error) {
	f, err := os.CreateTemp("", "gokern-load-")
	if err != nil {
		return err
	}
	defer func() {
		for _, e := range []error{f.Close(), os.Remove(f.Name())} {
			if err == nil {
				err = e
			}
		}
	}()
	want := make([]byte, 1+r.IntN(16<<10))
	fill(r, want)
	if _, err := f.Write(want); err != nil {
		return err
	}
	at := r.IntN(len(want))
	if _, err := f.WriteAt(want[at:], int64(at)); err != nil {
		return err
	}
	got := make([]byte, len(want))
	if _, err := f.ReadAt(got, 0); err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return damaged("file", "%d bytes read back differ", len(want))
	}
	if got, err = os.ReadFile(f.Name()); err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return damaged("file", "%d bytes read anew are %d, or differ", len(want), len(got))
	}
	if info, err := os.Stat(f.Name()); err != nil || info.Size() != int64(len(want)) {
		return damaged("file", "it should have %d bytes: %v, %v", len(want), info, err)
	}
	return nil
}

// pipeLoad sends more than fits into a pipe, so both ends wait.
func pipeLoad(r *rand.Rand) error {
	from, to, err := os.Pipe()
	if err != nil {
		return err
	}
	defer from.Close()
	sent := make([]byte, 1+r.IntN(200<<10))
	fill(r, sent)
	wrote := make(chan error, 1)
	go func() {
		_, err := to.Write(sent)
		if e := to.Close(); err == nil {
			err = e
		}
		wrote <- err
	}()
	got, err := io.ReadAll(from)
	if e := <-wrote; err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	if !bytes.Equal(got, sent) {
		return damaged("pipe", "%d bytes came of %d, or differ", len(got), len(sent))
	}
	return nil
}
