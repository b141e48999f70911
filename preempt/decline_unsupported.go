//go:build !(linux && amd64 && go1.25 && !go1.28)

package preempt

func decline() {}
