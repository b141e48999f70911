//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import "unsafe"

// notifyOnG0 registers notifier p for its task, the caller. On g0 nothing switches the
// task meanwhile.
//
//go:norace
func notifyOnG0(p unsafe.Pointer) {
	n := arg[PreemptNotifier](p)
	n.since, n.woken = 0, 0
	n.next = n.task.notifiers
	n.task.notifiers = n
	n.task.SetNotified(true)
}

//go:norace
func dropNotifiersOnG0(p unsafe.Pointer) { arg[Task](p).dropNotifiers() }

//go:norace
func unnotifyOnG0(p unsafe.Pointer) {
	n := arg[PreemptNotifier](p)
	t := n.task
	for at := &t.notifiers; *at != nil; at = &(*at).next {
		if *at == n {
			*at = n.next
			break
		}
	}
	n.next = nil
	t.SetNotified(t.notifiers != nil)
}
