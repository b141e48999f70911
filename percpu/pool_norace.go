//go:build !race

package percpu

func racePut[T any](*T) {}

func raceGot[T any](*T) {}
