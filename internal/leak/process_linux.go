package leak

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"
)

// process is what Linux says about the process.
type process struct {
	threads map[int]string    // CPUs that each thread may use, by thread id
	timers  map[string]string // POSIX timers, by id
	files   map[string]string // what descriptors stand for, by number
	main    map[string]string // statusFields of the main thread
}

// statusFields of /proc/self/status belong to the process or its main thread.
var statusFields = map[string]string{
	"Cpus_allowed_list": "CPU affinity",
	"SigBlk":            "blocked signals",
	"SigIgn":            "ignored signals",
	"SigCgt":            "caught signals",
}

func takeProcess() (p process, err error) {
	// Go opens its poller with the first descriptor that needs it, and keeps it.
	from, to, err := os.Pipe()
	if err != nil {
		return p, err
	}
	_ = from.Close()
	_ = to.Close()
	if p.main, err = mainStatus(); err != nil {
		return p, err
	}
	if p.threads, err = threads(); err != nil {
		return p, err
	}
	if p.timers, err = timers(); err != nil {
		return p, err
	}
	p.files, err = files()
	return p, err
}

// diff says what now has and p has not.
func (p process) diff(now process) (found []string) {
	report := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	const cpus = "Cpus_allowed_list"
	for tid, allowed := range now.threads {
		if allowed != now.main[cpus] && p.threads[tid] != allowed {
			report("thread %d is pinned to CPU %s; the process may use %s", tid, allowed, now.main[cpus])
		}
	}
	for id, text := range now.timers {
		if p.timers[id] != text {
			report("timer %s: %s", id, text)
		}
	}
	for fd, target := range now.files {
		if p.files[fd] != target {
			report("file descriptor %s: %s", fd, target)
		}
	}
	for field, name := range statusFields {
		if p.main[field] != now.main[field] {
			report("%s: were %s, are %s", name, p.main[field], now.main[field])
		}
	}
	return found
}

// isPipe reports whether a finding is a pipe's descriptor.
func isPipe(finding string) bool { return strings.Contains(finding, ": pipe:[") }

// mainStatus returns the main thread's status, at a moment when that is not
// starting another: for so long Go blocks all signals there, and libc all but two
// of its own.
func mainStatus() (fields map[string]string, err error) {
	for range 100 {
		if fields, err = status("/proc/self/status"); err != nil || !strings.HasPrefix(fields["SigBlk"], "fffffff") {
			break
		}
		time.Sleep(time.Millisecond)
	}
	return fields, err
}

// status returns the statusFields of a status file.
func status(path string) (map[string]string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	fields := make(map[string]string)
	for _, line := range strings.Split(string(b), "\n") {
		name, value, _ := strings.Cut(line, ":")
		if statusFields[name] != "" {
			fields[name] = strings.TrimSpace(value)
		}
	}
	return fields, nil
}

func threads() (map[int]string, error) {
	list, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return nil, err
	}
	allowed := make(map[int]string)
	for _, e := range list {
		tid, err := strconv.Atoi(e.Name())
		if err != nil {
			return nil, err
		}
		// A thread that ends meanwhile is none; its files may give any error.
		if s, err := status("/proc/self/task/" + e.Name() + "/status"); err == nil {
			allowed[tid] = s["Cpus_allowed_list"]
		}
	}
	return allowed, nil
}

// timers returns nothing on a Linux built without checkpoint and restore, which
// has no such file.
func timers() (map[string]string, error) {
	b, err := os.ReadFile("/proc/self/timers")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	list := make(map[string]string)
	for _, text := range strings.Split("\n"+string(b), "\nID: ")[1:] {
		id, rest, _ := strings.Cut(text, "\n")
		list[id] = strings.Join(strings.Fields(rest), " ")
	}
	return list, nil
}

func files() (map[string]string, error) {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return nil, err
	}
	targets := make(map[string]string)
	for _, e := range list {
		// The directory's own descriptor, closed by now, gives an error.
		if target, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil {
			targets[e.Name()] = target
		}
	}
	return targets, nil
}
