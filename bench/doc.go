// Package bench compares tasks of the kernel with what plain Go offers for the
// same purpose. Command schedbench, below it, compares the scheduler with programs
// in C. The package itself has benchmarks only, one file for each pair:
//
//	go test -run '^$' -bench . ./bench
//
// Each pair runs the same function twice: as goroutines (plain) and as tasks
// (kernel). The file's head says what one operation is and why the comparison
// is fair. Compare the halves of one run; on a shared machine take the medians
// of several:
//
//	go test -run '^$' -bench . -count 10 ./bench | sed 's,^Bench[^/]*/,&side=,' >new.txt
//	benchstat -col /side new.txt
//
// Halves on one CPU run with GOMAXPROCS(1), or with one virtual CPU while the
// other Ps are idle; neither thread is pinned. Where the system cannot run a kernel
// every benchmark skips, and says what is missing.
package bench
