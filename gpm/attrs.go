//go:build linux && amd64 && go1.25 && !go1.28

package gpm

// attrs is an Attr, checked, and what the scheduler reads of it. It is never
// changed: tasks share it, and SetAttr replaces it.
type attrs struct {
	Attr
	prio    int32  // the rank
	sliced  uint32 // 1: shares its priority by time slices
	allowed *mask
	single  bool // CPUs names one only

	weight int64 // of Normal, Batch and Idle tasks
	slice  int64 // in time-stamp counts
	vslice int64 // the same in their virtual time

	runtime, deadline, period int64 // of Deadline tasks, ns
	bandwidth                 int64 // that they were promised
	promise                   *promise

	group *Group // nil: the root
	class *class // that decides over them; nil: a policy of the kernel's
}

// attrsOf returns attr as attrs. Programs start many tasks alike, so it keeps
// the last.
func (k *Kernel) attrsOf(attr *Attr) (*attrs, error) {
	if a := k.recentAttrs(); a != nil && a.alike(attr) {
		return a, nil
	}
	return k.newAttrs(*attr)
}

func (k *Kernel) newAttrs(attr Attr) (*attrs, error) {
	if err := attr.check(k.cpusLen); err != nil {
		return nil, err
	}
	if attr.Group != nil && attr.Group.k != k {
		return nil, badAttr("the group is another kernel's")
	}
	var cl *class
	if attr.Policy >= firstClass {
		if cl = k.class(attr.Policy); cl == nil {
			return nil, badAttr("unknown Policy %v", attr.Policy)
		}
	}
	a := k.derive(attr, cl)
	if !k.anyOnline(a.allowed) {
		return nil, badAttr("CPUs: none of %v is online", attr.CPUs)
	}
	return a, nil
}

// Not instrumented, as copyAttr is not: the race detector must see no edge
// between those who only happen to start tasks alike.
//
//go:norace
func (k *Kernel) recentAttrs() *attrs { return k.recent }

//go:norace
func (k *Kernel) derive(attr Attr, cl *class) *attrs {
	a := &attrs{Attr: copyAttr(&attr), prio: int32(attr.Priority), sliced: 1, allowed: k.all, class: cl}
	if attr.Policy == FIFO {
		a.sliced = 0
	}
	if attr.CPUs != nil {
		a.allowed = maskOf(attr.CPUs, k.cpusLen)
		a.single = a.allowed.single()
	}
	if attr.Policy == Deadline {
		a.prio, a.sliced = rankDeadline, 0
		a.runtime, a.deadline, a.period = int64(attr.Runtime), int64(attr.Deadline), int64(attr.Period)
		if a.period == 0 {
			a.period = a.deadline
		}
		if a.deadline == 0 {
			a.deadline = a.period
		}
		a.bandwidth = a.runtime * bandwidthUnit / a.period
		a.promise = &promise{}
	}
	if attr.Group != k.root {
		a.group = attr.Group
	}
	a.weight = weights[attr.Nice-MinNice]
	if attr.Policy == Idle {
		a.weight = weightIdle
	}
	slice := attr.Slice
	if slice == 0 {
		slice = k.config.Slice
	}
	a.slice = int64(k.perNs * float64(slice))
	a.vslice = scale(a.slice, a.weight)
	k.recent = a
	return a
}

// alike reports whether attr says what a says, where that is cheap to see.
//
//go:norace
func (a *attrs) alike(attr *Attr) bool {
	return a.Policy == attr.Policy && a.Priority == attr.Priority && a.Nice == attr.Nice && a.Group == attr.Group && a.Slice == attr.Slice &&
		a.Inherit == attr.Inherit && a.Name == attr.Name && a.Policy != Deadline && a.class == nil && attr.Runtime|attr.Deadline|attr.Period == 0 &&
		a.CPUs == nil && attr.CPUs == nil && a.OnPanic == nil && attr.OnPanic == nil
}

// runsAs reports whether a task with a is run in all as one with b. A user's class may look
// at anything.
//
//go:norace
func (a *attrs) runsAs(b *attrs) bool {
	return a.Policy == b.Policy && a.prio == b.prio && *a.allowed == *b.allowed && a.weight == b.weight && a.slice == b.slice &&
		a.runtime == b.runtime && a.deadline == b.deadline && a.period == b.period && a.group == b.group && a.class == nil && b.class == nil
}

// copyAttr returns a copy that shares nothing with a. Not instrumented: code on
// g0 passes pointers to Attrs on, which the race detector does not see.
//
//go:norace
func copyAttr(a *Attr) Attr {
	c := *a
	if a.CPUs != nil {
		c.CPUs = make([]int, len(a.CPUs))
		//lint:ignore S1001 with -race copy is instrumented, also in a norace function
		for i, n := range a.CPUs {
			c.CPUs[i] = n
		}
	}
	return c
}

// use gives t what a says. Nobody else knows the task yet.
//
//go:norace
func (t *Task) use(a *attrs) {
	t.attrs, t.rare = a, a.rare()
	t.prio, t.sliced, t.allowed, t.wantClass = a.prio, a.sliced, a.allowed, a.class
	t.last = -1
	t.Init(a.Inherit)
	t.SetSingle(a.single)
}

// rare returns 1 if tasks with a have what few have: switches look no further
// otherwise.
//
//go:norace
func (a *attrs) rare() uint32 {
	if a.group != nil || a.class != nil {
		return 1
	}
	return 0
}
