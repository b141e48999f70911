package gpm

// Nice values: lower ones get more of a CPU, as in Linux.
const (
	MinNice = -20
	MaxNice = 19
)

// Weights, as in Linux: a step of nice is a tenth of a CPU between two tasks.
const (
	niceZero   = 1024 // of nice 0
	weightIdle = 3    // of the Idle policy
)

// weights is Linux's sched_prio_to_weight, from nice -20.
var weights = [MaxNice - MinNice + 1]int64{
	88761, 71755, 56483, 46273, 36291,
	29154, 23254, 18705, 14949, 11916,
	9548, 7620, 6100, 4904, 3906,
	3121, 2501, 1991, 1586, 1277,
	1024, 820, 655, 526, 423,
	335, 272, 215, 172, 137,
	110, 87, 70, 56, 45,
	36, 29, 23, 18, 15,
}
