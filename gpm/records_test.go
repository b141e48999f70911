//go:build linux && amd64 && go1.25 && !go1.28

package gpm

import (
	"context"
	"log/slog"
	"sync"
)

// records is a slog.Handler that keeps what it is given.
type records struct {
	mu   sync.Mutex
	list []record
}

// record is one of them.
type record struct{ slog.Record }

// attr returns the value of an attribute, the zero one if there is none.
func (r record) attr(key string) (v slog.Value) {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == key {
			v = a.Value
		}
		return true
	})
	return v
}

func (l *records) Enabled(context.Context, slog.Level) bool { return true }
func (l *records) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *records) WithGroup(string) slog.Handler            { return l }

func (l *records) Handle(_ context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, record{r})
	return nil
}

// all returns a copy of what there is.
func (l *records) all() []record {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]record(nil), l.list...)
}
