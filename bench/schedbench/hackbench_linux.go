package main

import (
	"fmt"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/gokern/gokern/gpm"
	"github.com/gokern/gokern/internal/measure"
)

const (
	pairs   = 20  // senders, and receivers, of a group: hackbench's
	message = 100 // bytes: hackbench's
	// A channel has room for as many messages as one of hackbench's sockets, by
	// Linux's accounting: 212,992 bytes, 768 for each message.
	room = 277
	// Channels are so much faster that they get more to do.
	channelLoops = 10
)

// hackbench compares the throughput of groups in which each of 20 senders sends
// to each of 20 receivers. It is hackbench, with goroutines for threads and
// channels for sockets; or with pipes. As there, all first wait for the start,
// and time ends when the last is done. The tasks are what goroutines become that
// one task starts, with Inherit.
//
// The CPU time is that of one message. Where its ratio says otherwise than that
// of the messages, other processes took more from one side than from the other, or a
// side left CPUs idle.
func hackbench(o options, cpus int) []*comparison {
	const ours, plain, sockets, pipes = "tasks", "goroutines", "hackbench -T", "hackbench -T -p"
	rate := []metric{{name: "messages", show: millions, more: true}, {name: "CPU time", show: duration}}
	both := func(loops int, g group) []side {
		var sides []side
		for _, kernel := range []bool{tasks, goroutines} {
			name := map[bool]string{tasks: ours, goroutines: plain}[kernel]
			sides = append(sides, side{name, func() (measures, error) {
				return in(kernel, gpm.Config{CPUs: cpus}, func(w world) (measures, error) { return o.pass(w, loops, g) })
			}})
		}
		return sides
	}
	what := func(how string, loops int) string {
		return fmt.Sprintf("%d groups of %d senders and receivers by %s, %d messages of %d bytes for each pair", o.groups, pairs, how, loops, message)
	}
	throughput := func() (measures, error) { return o.threads() }
	return []*comparison{{
		name:    "hackbench/channels",
		what:    what(fmt.Sprintf("channels with room for %d", room), o.loops*channelLoops),
		metrics: rate,
		sides:   append(both(o.loops*channelLoops, channels(room)), side{sockets, throughput}),
		targets: []target{{"messages", plain, 1}, {"messages", sockets, 5}},
	}, {
		name:    "hackbench/unbuffered",
		what:    what("channels without room", o.loops*channelLoops),
		metrics: rate,
		sides:   append(both(o.loops*channelLoops, channels(0)), side{sockets, throughput}),
		targets: []target{{"messages", plain, 1}, {"messages", sockets, 5}},
	}, {
		name:    "hackbench/pipes",
		what:    what("pipes", o.loops),
		metrics: rate,
		sides:   append(both(o.loops, throughPipes), side{pipes, func() (measures, error) { return o.threads("-p") }}),
		targets: []target{{"messages", plain, 1}},
	}}
}

// A group makes what connects one group. It returns the bodies of the senders and
// of the receivers, and what is to be done when all have ended.
type group func(loops int) (bodies []func() error, end func() error, err error)

// pass runs o.groups groups and returns how many messages they pass in a second.
func (o options) pass(w world, loops int, g group) (measures, error) {
	var bodies []func() error
	for range o.groups {
		more, end, err := g(loops)
		if err != nil {
			return nil, err
		}
		defer func() { _ = end() }()
		bodies = append(bodies, more...)
	}
	var ready, done sync.WaitGroup
	ready.Add(len(bodies))
	done.Add(len(bodies))
	begin := make(chan struct{})
	failed := make(chan error, len(bodies))
	took := make(chan measures)
	err := w.start(gpm.Attr{Inherit: true}, func() {
		for _, body := range bodies {
			go func() {
				defer done.Done()
				ready.Done()
				<-begin
				if err := body(); err != nil {
					failed <- err
				}
			}()
		}
		ready.Wait()
		start, used := time.Now(), measure.CPUTime()
		close(begin)
		done.Wait()
		took <- o.rates(loops, time.Since(start), measure.CPUTime()-used)
	})
	if err != nil {
		return nil, err
	}
	m := <-took
	select {
	case err := <-failed:
		return nil, err
	default:
		return m, nil
	}
}

// rates returns what all groups' messages have taken, each.
func (o options) rates(loops int, wall, cpu time.Duration) measures {
	n := float64(o.groups * pairs * pairs * loops)
	return measures{"messages": n / wall.Seconds(), "CPU time": float64(cpu) / n}
}

// threads runs hackbench itself.
func (o options) threads(more ...string) (measures, error) {
	args := append([]string{"-T", "-g", strconv.Itoa(o.groups), "-l", strconv.Itoa(o.loops)}, more...)
	out, cpu, err := output(5*time.Minute, rtTests, "hackbench", args...)
	if err != nil {
		return nil, err
	}
	seconds, err := parseTime(out)
	if err != nil {
		return nil, err
	}
	return o.rates(o.loops, time.Duration(seconds*1e9), cpu), nil
}

var timeLine = regexp.MustCompile(`(?m)^Time: ([0-9.]+)$`)

// parseTime finds the seconds in what hackbench prints.
func parseTime(out string) (seconds float64, err error) {
	match := timeLine.FindStringSubmatch(out)
	if match == nil {
		return 0, fmt.Errorf("hackbench printed no time: %q", out)
	}
	if seconds, err = strconv.ParseFloat(match[1], 64); err == nil && seconds <= 0 {
		err = fmt.Errorf("hackbench took %v s, too short to be measured: more -loops may help", seconds)
	}
	return seconds, err
}
