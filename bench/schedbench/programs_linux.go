package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

const rtTests = "apt-get install rt-tests"

// output runs a program and returns what it prints and the CPU time that it has
// used; errMissing if it is not installed, with how to get it.
func output(limit time.Duration, get, name string, args ...string) (string, time.Duration, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return "", 0, fmt.Errorf("%w: %s is not installed: %s", errMissing, name, get)
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", 0, errors.Join(fmt.Errorf("%s: %w", strings.Join(cmd.Args, " "), err), ctx.Err(), errors.New(stderr.String()))
	}
	return stdout.String(), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}

// cyclictest measures one thread on CPU core, with hogs beside it. The histogram
// reaches as far as cyclictest allows: with hogs, where a sleep can be
// later than a millisecond, its buckets are therefore those of microseconds.
func cyclictest(o options, core int, more ...string) (measures, error) {
	stop := hogThreads(o.hogs, core)
	args := []string{"-t1", "-i", "100", "-a", strconv.Itoa(core), "-l", strconv.Itoa(int(o.duration/interval) + 1), "-q", "-h", "1000000"}
	width := time.Microsecond
	if o.hogs == 0 {
		width = 1
		args = append(args, "-N")
	}
	out, _, err := output(time.Minute+20*o.duration, rtTests, "cyclictest", append(args, more...)...)
	if e := stop(); err == nil {
		err = e
	}
	if err != nil {
		if len(more) > 0 && !errors.Is(err, errMissing) {
			err = fmt.Errorf("%w: it needs CAP_SYS_NICE: %w", errMissing, err)
		}
		return nil, err
	}
	h, err := parseHistogram(strings.NewReader(out), width)
	if err != nil {
		return nil, err
	}
	return h.measures(), nil
}
