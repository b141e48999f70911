// Every goroutine and every task is blocked for good: Go must report the
// deadlock as it would without a kernel.
package main

import "github.com/gokern/gokern/gpm"

func main() {
	k, err := gpm.Boot(gpm.Config{})
	if err != nil {
		panic(err)
	}
	c := make(chan int)
	if _, err := k.Spawn(gpm.Attr{}, func() { <-c }); err != nil {
		panic(err)
	}
	<-c
}
