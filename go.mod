module github.com/gokern/gokern

go 1.25.0

require (
	golang.org/x/arch v0.20.0
	golang.org/x/sys v0.35.0
)
