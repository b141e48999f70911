package main

import "time"

// measureHTTP runs the service, its load and the compression in w.
func measureHTTP(o options, w *world, files [][]byte, p *progress) (result, error) {
	workers := 2 * cpusFor(o)
	if o.alone {
		workers = 0
	}
	compression, err := startCompression(w, files, workers)
	if err != nil {
		return result{}, err
	}
	s := newSchedule(o, time.Now().Add(10*time.Millisecond))
	var tr *tracer
	if o.trace {
		tr = newTracer(s)
	}
	server, err := startService(w, tr)
	if err != nil {
		return result{}, err
	}
	due, err := arrivals(w.clock(o), s, tr)
	if err != nil {
		return result{}, err
	}
	answered := make(chan *latencies, 1)
	if err := w.high("clients", func() { answered <- drive(server.url, s, due, p, tr) }); err != nil {
		return result{}, err
	}
	work, cpus := compression.during(s)
	l := <-answered
	compression.stop()
	if err := server.stop(); err != nil {
		return result{}, err
	}
	r := newResult(w.name, l, work/1e6, "MB/s compressed", cpus)
	r.trace = tr
	return r, nil
}
