package main

import (
	"encoding/json"
	"net"
	"net/http"
	"slices"
)

// The service sorts and adds numbers.
type request struct {
	Numbers []int `json:"numbers"`
}

type response struct {
	Sorted []int `json:"sorted"`
	Sum    int   `json:"sum"`
}

func handle(w http.ResponseWriter, r *http.Request) {
	var in request
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	out := response{Sorted: in.Numbers}
	slices.Sort(out.Sorted)
	for _, n := range out.Sorted {
		out.Sum += n
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out) // the client has gone: nobody to tell
}

// service is a running server on a loopback address.
type service struct {
	http.Server
	url    string
	served chan error
}

// startService starts the server as part of w's request path: every connection's
// goroutine is one that Serve starts.
func startService(w *world, tr *tracer) (*service, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /sort", handle)
	s := &service{url: "http://" + l.Addr().String() + "/sort", served: make(chan error, 1)}
	s.Handler = mux
	if err := w.high("server", func() { s.served <- s.Serve(tr.listen(l)) }); err != nil {
		_ = l.Close()
		return nil, err
	}
	return s, nil
}

// stop closes the server and waits for its accept loop.
func (s *service) stop() error {
	err := s.Close()
	if e := <-s.served; e != http.ErrServerClosed {
		return e
	}
	return err
}
