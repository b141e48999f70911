package litmus

// Allowed returns all results that some order of whole sections gives: those of
// a machine that runs one section at a time.
func (t Test) Allowed() map[Result]bool {
	all := map[Result]bool{}
	t.explore(make([]int, len(t.Threads)), Result{}, all)
	return all
}

// explore goes on from a state, in which each thread has done so many sections,
// with every thread that has some left.
func (t Test) explore(done []int, r Result, all map[Result]bool) {
	ended := true
	for i, th := range t.Threads {
		if done[i] == len(th) {
			continue
		}
		ended = false
		next, load := r, t.firstLoad(i, done[i])
		for _, op := range th[done[i]] {
			if op.Store != 0 {
				next.Vars[op.Var] = int8(op.Store)
			} else {
				next.Loads[load] = next.Vars[op.Var]
				load++
			}
		}
		done[i]++
		t.explore(done, next, all)
		done[i]--
	}
	if ended {
		all[r] = true
	}
}

// firstLoad returns where in a Result the loads of that section begin.
func (t Test) firstLoad(thread, section int) (n int) {
	for i, th := range t.Threads[:thread+1] {
		for j, s := range th {
			if i == thread && j == section {
				return n
			}
			n += s.loads()
		}
	}
	return n
}

func (s Section) loads() (n int) {
	for _, op := range s {
		if op.Store == 0 {
			n++
		}
	}
	return n
}
