// Package readers knows which tasks are in RCU read-side sections and when all
// that were at some moment have left them: grace periods. Package lock/rcu is
// its face.
//
// # The story
//
// It is Linux's preemptible RCU. A section is an increment of a word of the task
// and a decrement; nobody looks at that word from outside while the task runs.
// What is looked at instead is each CPU: a moment at which it is in no section, a
// quiescent state, means that all sections that began there before have ended,
// with one exception. A task that is switched out in a section takes the section
// with it, so it is put on a list then, and off it by the section's end (which
// sees by the sign of the word that there is something to do).
//
// So a grace period is over when every CPU has passed a quiescent state since
// its begin, and every task that was on the list then, or was put there by a CPU
// that had not passed one yet, has left it. With preemption or interrupts off a
// CPU does not switch and the handler counts nothing: such code is a section too.
//
// The cost is where it should be. A section costs two instructions that
// nobody else sees. A switch costs an increment and a comparison. A grace period
// costs a look at each CPU, and an interrupt for those that neither switch nor
// idle; how many tasks there are does not matter.
//
// # Order
//
// Let an updater take an object away, and then wait. A CPU whose quiescent
// state is counted after the grace period's begin executes a full barrier between
// counting it and the next section's loads (Go's casgstatus, which follows every
// switch; a locked increment in the handler), and so does one that was seen
// idle. So these sections see that the object is gone. Sections before have ended:
// this processor makes stores visible in order and after earlier loads, so who
// sees the count sees all that the section has done. Readers need no barrier and
// the updater no membarrier(2).
//
// # What was rejected
//
// The reader storing the grace period's number in its task, as user-space RCU
// does: the words must then be read from outside, which needs a barrier in
// the reader or membarrier, and every grace period must look at every task.
// Reading a CPU's preempt_count and its task's word from outside instead of
// interrupting it: sections of different kinds may overlap in a chain, so that each
// word is zero when it is looked at although the CPU was never quiescent.
package readers
