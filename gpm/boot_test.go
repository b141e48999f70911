//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"context"
	"testing"
	"time"
)

func TestBootSpawnShutdown(t *testing.T) {
	k, err := Boot(Config{})
	if err != nil {
		t.Fatal(err)
	}
	ran := make(chan int, 1)
	task, err := k.Spawn(Attr{Name: "one"}, func() { ran <- 1 })
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-ran:
	case <-time.After(5 * time.Second):
		t.Fatal("the task did not run")
	}
	if err := task.Wait(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := k.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
}
