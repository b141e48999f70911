// Programs for the race detector: with the name of a lock, one with a race; without,
// one that has none.
package main

import "os"

func main() {
	if len(os.Args) > 1 {
		reported(os.Args[1])
	} else {
		silent()
	}
}
