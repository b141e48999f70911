//go:build !race

package rcu

// See race_unsafe.go.

func raceEnd()  {}
func raceOver() {}

func raceOff() {}
func raceOn()  {}

func (s *SRCU) raceEnd()  {}
func (s *SRCU) raceOver() {}
