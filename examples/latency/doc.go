// Latency measures what a request waits for when its process also computes.
//
// A small HTTP/JSON service runs under load beside CPU-bound work in the same
// process: compressing the Go source tree. It runs twice: first as plain
// goroutines, then with the request path (the server and its clients) as tasks
// of high priority and the compression as Normal tasks of a gokern kernel.
//
//	go run ./examples/latency                  # about 20 seconds
//	go run ./examples/latency -plot out.svg    # draws both distributions
//	go run ./examples/latency -mode queue      # scheduling alone: no network, no garbage
//	go run ./examples/latency -json
//	go run ./examples/latency -unloaded        # also without the compression, first, and by how much that is better
//	go run ./examples/latency -trace           # what each stage of a request takes, of a task's wake-ups too
//
// The load is an open loop: arrivals are fixed in advance, and a request's
// latency counts from the moment it should have arrived, so that a service that
// falls behind is not spared the requests it keeps waiting (no coordinated
// omission).
//
// The exit status is 1 if a half could not be run or a request failed.
package main
