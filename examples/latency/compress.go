package main

import (
	"compress/flate"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

const (
	maxCorpus = 64 << 20 // bytes of source to hold in memory
	piece     = 16 << 10 // bytes counted at a time, under a millisecond's work
)

// loadCorpus reads the source tree of the installed Go, up to limit bytes.
func loadCorpus(limit int) (files [][]byte, err error) {
	root, err := goroot()
	if err != nil {
		return nil, err
	}
	enough := errors.New("enough")
	err = filepath.WalkDir(filepath.Join(root, "src"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !strings.HasSuffix(path, ".go") {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files = append(files, b)
		if limit -= len(b); limit <= 0 {
			return enough
		}
		return nil
	})
	if err != nil && err != enough {
		return nil, err
	}
	if len(files) == 0 {
		return nil, errors.New("no source files in " + root)
	}
	return files, nil
}

func goroot() (string, error) {
	if dir := os.Getenv("GOROOT"); dir != "" { // go run and go test set it
		return dir, nil
	}
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", errors.New("the Go source tree is what gets compressed, and go env GOROOT failed: " + err.Error())
	}
	return strings.TrimSpace(string(out)), nil
}

// startCompression starts workers which compress files over and over until load
// is stopped, each from a file of its own on.
func startCompression(w *world, files [][]byte, workers int) (*load, error) {
	l := newLoad(workers)
	for i := range l.work {
		first := i * len(files) / len(l.work)
		l.running.Add(1)
		err := w.normal("compress", func() {
			defer l.running.Done()
			z, err := flate.NewWriter(io.Discard, flate.DefaultCompression)
			if err != nil {
				panic(err) // the level is a constant
			}
			for n := first; ; n++ {
				z.Reset(io.Discard)
				for b := files[n%len(files)]; len(b) > 0; {
					m := min(piece, len(b))
					if _, err := z.Write(b[:m]); err != nil {
						panic(err) // io.Discard takes everything
					}
					b = b[m:]
					l.work[i].Add(int64(m))
					if l.stopped.Load() {
						return
					}
				}
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return l, nil
}

// cpusFor returns the number of CPUs that both halves compute on.
func cpusFor(o options) int {
	if o.cpus > 0 {
		return o.cpus
	}
	return runtime.NumCPU()
}
