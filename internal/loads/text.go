package loads

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// Loads of text: strings, formatting, encodings.
var text = []Load{
	{Name: "text/strings", Run: stringsLoad},
	{Name: "text/log", Run: logLoad},
	{Name: "text/json", Run: jsonLoad},
	{Name: "text/regexp", Run: repeat(3, regexpLoad)},
	{Name: "text/flate", Run: flateLoad},
}

func stringsLoad(r *rand.Rand) error {
	n := 100 + r.IntN(900)
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%d,%s;", i, strconv.FormatInt(int64(i)*int64(i), 36))
	}
	parts := strings.Split(strings.TrimSuffix(b.String(), ";"), ";")
	if len(parts) != n {
		return damaged("string", "%d parts, want %d", len(parts), n)
	}
	for i, p := range parts {
		left, right, _ := strings.Cut(p, ",")
		v, err := strconv.ParseInt(right, 36, 64)
		if left != strconv.Itoa(i) || err != nil || v != int64(i)*int64(i) {
			return damaged("string", "part %d is %q", i, p)
		}
	}
	return nil
}

// logLoad logs with the caller's file and line, for which the stack is unwound.
func logLoad(r *rand.Rand) error {
	var b bytes.Buffer
	l := log.New(&b, "load ", log.LstdFlags|log.Lmicroseconds|log.Lshortfile)
	id := r.Uint64()
	const n = 50
	for i := range n {
		l.Printf("line %d of %x", i, id)
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if len(lines) != n {
		return damaged("log", "%d lines, want %d", len(lines), n)
	}
	for i, line := range lines {
		if !strings.HasPrefix(line, "load ") || !strings.Contains(line, " text.go:") || !strings.HasSuffix(line, fmt.Sprintf(": line %d of %x", i, id)) {
			return damaged("log", "line %d is %q", i, line)
		}
	}
	return nil
}

type document struct {
	Name  string            `json:"name"`
	Count uint64            `json:"count,string"`
	Share float64           `json:"share"`
	Tags  map[string]string `json:"tags"`
	Parts []*document       `json:"parts,omitempty"`
	Raw   []byte            `json:"raw"`
}

func newDocument(r *rand.Rand, depth int) *document {
	d := &document{
		Name: fmt.Sprintf("<%x> \"\u00e9\u4e16\"", r.Uint32()), Count: r.Uint64(), Share: r.NormFloat64(),
		Tags: map[string]string{"a": strconv.Itoa(r.Int()), "b": ""}, Raw: make([]byte, 1+r.IntN(50)),
	}
	fill(r, d.Raw)
	for range depth {
		d.Parts = append(d.Parts, newDocument(r, depth-1))
	}
	return d
}

func jsonLoad(r *rand.Rand) error {
	d := newDocument(r, 3)
	b, err := json.Marshal(d)
	if err != nil {
		return err
	}
	var back document
	if err := json.Unmarshal(b, &back); err != nil {
		return damaged("JSON text", "%v: %s", err, b)
	}
	if !reflect.DeepEqual(d, &back) {
		return damaged("heap object", "%s was read back as another", b)
	}
	return nil
}

const wordPattern = `(?i)\b([a-z]+)([0-9]{1,4})(x|yy|z?)!`

var word = regexp.MustCompile(wordPattern)

func regexpLoad(r *rand.Rand) error {
	var b strings.Builder
	var want []string
	for i := range 30 {
		name, number := fmt.Sprintf("n%cV", 'a'+r.IntN(26)), strconv.Itoa(r.IntN(10_000))
		tail := []string{"", "x", "yy", "z"}[i%4]
		fmt.Fprintf(&b, "%d? %s%s%s! -- ", i, name, number, tail)
		want = append(want, name+"/"+number+"/"+tail)
	}
	found := word.FindAllStringSubmatch(b.String(), -1)
	if len(found) != len(want) {
		return damaged("string", "%d matches in %q, want %d", len(found), b.String(), len(want))
	}
	for i, m := range found {
		if got := strings.Join(m[1:], "/"); got != want[i] {
			return damaged("string", "match %d is %q, want %q", i, got, want[i])
		}
	}
	return nil
}

func flateLoad(r *rand.Rand) error {
	plain := make([]byte, 4<<10)
	for i := range plain {
		plain[i] = "ab cd"[r.IntN(5)]
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	if err != nil {
		return err
	}
	if _, err = w.Write(plain); err == nil {
		err = w.Close()
	}
	if err != nil {
		return err
	}
	back, err := io.ReadAll(flate.NewReader(&b))
	if err != nil || !bytes.Equal(back, plain) {
		return damaged("compressed data", "%d bytes back of %d, error %v", len(back), len(plain), err)
	}
	return nil
}
