package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	// clients is how many requests may be under way at once. More wait in the
	// channel of arrivals, and their clocks run.
	clients = 256
	// requestTimeout turns a service that hangs into failed requests.
	requestTimeout = 20 * time.Second
)

// ask is a request's body and the answer to it.
type ask struct {
	body   []byte
	answer response
}

// asks returns n different questions, each of 64 numbers.
func asks(n int) (list []ask) {
	seed := uint32(1)
	for range n {
		var in request
		for range 64 {
			seed = seed*1664525 + 1013904223
			in.Numbers = append(in.Numbers, int(seed>>8))
		}
		body, err := json.Marshal(in)
		if err != nil {
			panic(err) // integers always marshal
		}
		a := ask{body: body, answer: response{Sorted: slices.Sorted(slices.Values(in.Numbers))}}
		for _, x := range in.Numbers {
			a.answer.Sum += x
		}
		list = append(list, a)
	}
	return list
}

// send asks url and checks the answer; the connection ends after it if close is true.
func (a ask) send(ctx context.Context, c *http.Client, url string, close bool) error {
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(a.body))
	if err != nil {
		return err
	}
	q.Header.Set("Content-Type", "application/json")
	q.Close = close
	r, err := c.Do(q)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	var got response
	if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
		return fmt.Errorf("%s: %w", r.Status, err)
	}
	if got.Sum != a.answer.Sum || !slices.Equal(got.Sorted, a.answer.Sorted) {
		return fmt.Errorf("wrong answer: sum %d, want %d", got.Sum, a.answer.Sum)
	}
	return nil
}

// drive sends a request for each arrival, on connections that stay open (but one in ten
// does not if they are traced, so that there is something to accept), and returns
// when all are answered. Its goroutines are the caller's.
func drive(url string, s schedule, due <-chan arrival, p *progress, tr *tracer) *latencies {
	t := &http.Transport{MaxIdleConns: clients, MaxIdleConnsPerHost: clients, DialContext: tr.dial}
	defer t.CloseIdleConnections()
	c := &http.Client{Transport: t, Timeout: requestTimeout}
	questions := asks(16)
	l := newLatencies(s)
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for a := range due {
				ctx, answered := tr.request(a)
				err := questions[a.k%len(questions)].send(ctx, c, url, tr != nil && a.k%10 == 0)
				l.record(a.k, time.Since(a.due), err)
				if err == nil {
					answered()
				}
				p.add()
			}
		})
	}
	wg.Wait()
	return l
}
