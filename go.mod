module github.com/gokern/gokern

go 1.25.0

require (
	go.uber.org/atomic v1.12.0
	golang.org/x/arch v0.20.0
	golang.org/x/sys v0.35.0
)
