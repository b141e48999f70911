// Command schedbench compares the kernel's scheduler with programs in C that
// measure Linux's, and with plain goroutines:
//
//	sleep      lateness of a sleep of 100 µs: cyclictest, time.Sleep
//	wakeup     from a wake-up to the woken task's first instruction, beside one that
//	           computes: a signal to a running thread, in C; goroutines
//	hackbench  groups of senders and receivers, by channels and by pipes:
//	           goroutines; hackbench with threads
//	schbench   wake-up latency of workers at 90 % load: goroutines
//
//	go run ./bench/schedbench -run sleep,wakeup -duration 3s
//
// cyclictest and hackbench are Debian's package rt-tests. A side whose program
// is missing is left out, and the table says how to get it.
//
// All sides of a comparison run within one invocation, by turns, for some
// rounds, and every other round in the opposite order. The table has the medians
// over the rounds, and of the rounds' ratios: ours divided by the other side's.
// Targets are judged by those; missing one is no failure of the command.
//
// On a shared machine the sides that spin lose more to others than cyclictest,
// which sleeps. As root, in a session of its own, this one can be preferred (nice
// alone has no effect between sessions where Linux groups processes by them):
//
//	go build ./bench/schedbench
//	setsid -w sh -c 'echo -15 >/proc/self/autogroup; exec ./schedbench'
//
// Why no testing.B: what counts here are percentiles of one thousand or more
// wake-ups, for a given time; an other side is a process that reports once; and
// the sides must alternate. testing.B counts operations, finishes one benchmark
// before the next, and has one figure that benchstat compares. Rejected too: one
// command for each comparison, as the rounds, the ratios and the table are most
// of it.
package main
