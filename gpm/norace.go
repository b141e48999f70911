//go:build !race && linux && amd64 && go1.25 && !go1.28

package gpm

func raceEnd(*Task) {}

func raceWaited(*Task) {}

const raceBuild = false
