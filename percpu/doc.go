// Package percpu gives a task the number of its CPU, and keeps it there while
// it uses what belongs to that CPU.
//
// Data of one CPU needs no lock against other CPUs, but it does against the
// task being preempted in the middle and another on the same CPU finding it
// half changed, or the task going on elsewhere. GetCPU disables preemption,
// which excludes both.
package percpu
