package main

import "github.com/gokern/gokern/internal/measure"

// comparisons returns what name stands for.
func comparisons(name string, o options) ([]*comparison, error) {
	cpus, err := measure.MachineCPUs()
	if err != nil {
		return nil, err
	}
	switch name {
	case "sleep":
		return []*comparison{sleep(o, cpus)}, nil
	case "wakeup":
		return []*comparison{wakeup(o, cpus)}, nil
	case "hackbench":
		return hackbench(o, len(cpus)), nil
	default:
		return []*comparison{schbench(o, len(cpus))}, nil
	}
}
