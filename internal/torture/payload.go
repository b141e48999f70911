package torture

const payloadWords = 12 // more than a cache line has

// payload is data that a lock protects: words that all follow from the number
// of changes. Like the guard's words it is not seen by the race detector.
type payload struct {
	writes uint64
	words  [payloadWords]uint64
	sum    uint64
}

// begin changes one half of the words, and returns the number of changes then.
//
//go:norace
//go:noinline
func (p *payload) begin() (n uint64) {
	n = p.writes + 1
	for i := range payloadWords / 2 {
		p.words[i] = mix(n, i)
	}
	return n
}

// end changes the rest.
//
//go:norace
//go:noinline
func (p *payload) end(n uint64) {
	for i := payloadWords / 2; i < payloadWords; i++ {
		p.words[i] = mix(n, i)
	}
	p.sum = checksum(p)
	p.writes = n
}

// copyFirst copies one half of the data word by word, so that a copy taken
// during a change may be torn.
//
//go:norace
//go:noinline
func (p *payload) copyFirst(q *payload) {
	q.writes = p.writes
	for i := range payloadWords / 2 {
		q.words[i] = p.words[i]
	}
}

// copyRest copies the rest.
//
//go:norace
//go:noinline
func (p *payload) copyRest(q *payload) {
	for i := payloadWords / 2; i < payloadWords; i++ {
		q.words[i] = p.words[i]
	}
	q.sum = p.sum
}

// good reports whether the data is of one change.
//
//go:norace
//go:noinline
func (p *payload) good() bool {
	for i := range payloadWords {
		want := mix(p.writes, i)
		if p.writes == 0 {
			want = 0
		}
		if p.words[i] != want {
			return false
		}
	}
	return p.writes == 0 || p.sum == checksum(p)
}

//go:norace
func checksum(p *payload) (sum uint64) {
	for _, w := range p.words {
		sum = sum*31 + w
	}
	return sum
}

//go:norace
func mix(n uint64, i int) uint64 {
	x := n*0x9e3779b97f4a7c15 + uint64(i)
	return x ^ x>>29
}
