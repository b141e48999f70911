package lock

import "errors"

// Errors to test with errors.Is.
var (
	// ErrDeadlock: the caller would wait for itself, through a chain of RTMutexes
	// and their owners; or, for a WWMutex, it must release all it has in its
	// acquire context and start again. Linux: EDEADLK.
	ErrDeadlock = errors.New("lock: resource deadlock avoided")
	// ErrAlready: the acquire context holds the WWMutex already. Linux: EALREADY.
	ErrAlready = errors.New("lock: already locked by this context")
)
