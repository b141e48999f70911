// Command gokern says what gokern can do on this machine and with this build.
//
//	gokern doctor          a table of everything that the kernel depends on, and a self-test
//	gokern doctor -json    the same as one JSON object
//	gokern version         the versions of gokern and of Go
//
// Exit status: 0 if preemption is full, 1 if it is not, 2 for wrong usage.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
)

// Exit statuses.
const (
	exitFull  = 0 // also: help and version
	exitNot   = 1 // preemption is limited, or there is none
	exitUsage = 2
)

const usage = `Usage:

	gokern doctor [-json]   show what the kernel depends on, boot it, test it
	gokern version          show the versions of gokern and Go
	gokern help             show this text

Exit status: 0 if preemption is full, 1 if it is not, 2 for wrong usage.
`

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the whole program; it returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return exitUsage
	}
	switch name, args := args[0], args[1:]; name {
	case "doctor":
		asJSON, status := parseDoctor(args, stderr)
		if status >= 0 {
			return status
		}
		return doctor(asJSON, stdout, stderr)
	case "version":
		if len(args) > 0 {
			return unexpected(stderr, name, args[0])
		}
		fmt.Fprintf(stdout, "gokern %s %s %s/%s\n", moduleVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return 0
	case "help", "-h", "-help", "--help":
		fmt.Fprint(stdout, usage)
		return 0
	default:
		fmt.Fprintf(stderr, "gokern: unknown command %q\n\n%s", name, usage)
		return exitUsage
	}
}

// parseDoctor reads doctor's flags. A status of 0 or more ends the program.
func parseDoctor(args []string, stderr io.Writer) (asJSON bool, status int) {
	fs := flag.NewFlagSet("gokern doctor", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.BoolVar(&asJSON, "json", false, "print one JSON object instead of a table")
	switch err := fs.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return false, 0
	case err != nil:
		return false, exitUsage
	case fs.NArg() > 0:
		return false, unexpected(stderr, "doctor", fs.Arg(0))
	}
	return asJSON, -1
}

func unexpected(stderr io.Writer, command, arg string) int {
	fmt.Fprintf(stderr, "gokern %s: unexpected argument %q\n", command, arg)
	return exitUsage
}

// moduleVersion returns this module's version, and the commit if the build
// recorded one.
func moduleVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	version := info.Main.Version
	if version == "" {
		version = "(devel)"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			version += " " + s.Value
		}
	}
	return version
}
