// Package measure is what the benchmarks and the examples share: percentiles,
// threads on a certain CPU of the machine, the CPU time used, and one that is
// woken again and again.
package measure
