package main

import "time"

// measureHTTP runs the service, its load and the compression in w.
func measureHTTP(o options, w *world, files [][]byte, p *progress) (result, error) {
	compression, err := startCompression(w, files, cpusFor(o))
	if err != nil {
		return result{}, err
	}
	server, err := startService(w)
	if err != nil {
		return result{}, err
	}
	s := newSchedule(o, time.Now().Add(10*time.Millisecond))
	due, err := arrivals(s)
	if err != nil {
		return result{}, err
	}
	answered := make(chan *latencies, 1)
	if err := w.high("clients", func() { answered <- drive(server.url, s, due, p) }); err != nil {
		return result{}, err
	}
	work, cpus := compression.during(s)
	l := <-answered
	compression.stop()
	if err := server.stop(); err != nil {
		return result{}, err
	}
	return newResult(w.name, l, work/1e6, "MB/s compressed", cpus), nil
}
