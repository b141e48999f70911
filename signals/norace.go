//go:build !race

package signals

func raceMasked() {}

func raceUnmask() {}
