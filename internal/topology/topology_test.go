package topology

import (
	"fmt"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tree is a sysfs of CPUs, made file by file.
type tree struct{ fstest.MapFS }

func (t tree) put(text, format string, args ...any) {
	t.MapFS[fmt.Sprintf(format, args...)] = &fstest.MapFile{Data: []byte(text + "\n")}
}

func newTree() tree { return tree{fstest.MapFS{}} }

func (t tree) cpu(id, pkg, core int, siblings, llc string) {
	dir := fmt.Sprintf("cpu/cpu%d/", id)
	t.put(fmt.Sprint(pkg), "%stopology/physical_package_id", dir)
	t.put("0", "%stopology/die_id", dir)
	t.put(fmt.Sprint(core), "%stopology/core_id", dir)
	t.put(siblings, "%stopology/core_cpus_list", dir)
	t.put("1", "%scache/index0/level", dir)
	t.put(fmt.Sprint(id), "%scache/index0/shared_cpu_list", dir)
	if llc != "" {
		t.put("3", "%scache/index3/level", dir)
		t.put(llc, "%scache/index3/shared_cpu_list", dir)
	}
}

func upTo(n int) (ids []int) {
	for i := range n {
		ids = append(ids, i)
	}
	return ids
}

// counts returns the numbers of cores, caches and nodes.
func counts(m *Machine) []int {
	cores, caches, nodes := m.Counts()
	return []int{cores, caches, nodes}
}

func TestParseList(t *testing.T) {
	for s, want := range map[string][]int{"": nil, "\n": nil, "0\n": {0}, "0-3,8": {0, 1, 2, 3, 8}, "7,127-129\n": {7, 127, 128, 129}} {
		got, err := ParseList(s)
		require.NoError(t, err, "%q", s)
		assert.Equal(t, want, got, "%q", s)
	}
	for _, s := range []string{"x", "3-1", "-1", "1,", "0-99999999999999999999", "0-1000000000", "1-2-3"} {
		_, err := ParseList(s)
		assert.Error(t, err, "%q", s)
	}
}

// One socket, four cores of two threads, numbered as most machines do.
func smt() fs.FS {
	t := newTree()
	for i := range 8 {
		t.cpu(i, 0, i%4, fmt.Sprintf("%d,%d", i%4, i%4+4), "0-7")
	}
	t.put("0-7", "node/node0/cpulist")
	return t
}

func TestSMT(t *testing.T) {
	m := Read(smt(), upTo(8))
	assert.Equal(t, []int{0, 1, 2, 3, 4, 5, 6, 7}, m.Order())
	assert.Equal(t, []Distance{Same, SameLLC, Sibling}, []Distance{m.Distance(1, 1), m.Distance(0, 1), m.Distance(1, 5)})
	assert.Equal(t, []int{4, 1, 1}, counts(m))
	// A process that may use three of them.
	assert.Equal(t, []int{1, 6, 5}, Read(smt(), []int{6, 5, 1}).Order())
}

// Two sockets with a node each; in each two caches, two cores a cache, and threads
// next to each other.
func numa() fs.FS {
	t := newTree()
	for i := range 16 {
		t.cpu(i, i/8, i/2, fmt.Sprintf("%d-%d", i&^1, i|1), fmt.Sprintf("%d-%d", i&^3, i|3))
	}
	t.put("0-7", "node/node0/cpulist")
	t.put("8-15", "node/node1/cpulist")
	t.put("", "node/node2/cpulist") // memory only
	return t
}

func TestNUMA(t *testing.T) {
	m := Read(numa(), upTo(16))
	assert.Equal(t, []int{0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15}, m.Order())
	for b, want := range map[int]Distance{0: Same, 1: Sibling, 2: SameLLC, 4: SameNode, 8: Far} {
		assert.Equal(t, want, m.Distance(0, b), "0 to %d", b)
		assert.Equal(t, want, m.Distance(b, 0), "%d to 0", b)
	}
	assert.Equal(t, []int{8, 4, 2}, counts(m))
}

// Nodes that alternate, as some firmware numbers CPUs: a node is filled first.
func TestAlternatingNodes(t *testing.T) {
	f := newTree()
	for i := range 4 {
		f.cpu(i, i%2, i, fmt.Sprint(i), fmt.Sprintf("%d,%d", i%2, i%2+2))
	}
	f.put("0,2", "node/node0/cpulist")
	f.put("1,3", "node/node1/cpulist")
	assert.Equal(t, []int{0, 2, 1, 3}, Read(f, upTo(4)).Order())
}

// Two cores with two threads and four small ones, and one cache.
func TestHybrid(t *testing.T) {
	f := newTree()
	for i := range 4 {
		f.cpu(i, 0, i/2*4, fmt.Sprintf("%d-%d", i&^1, i|1), "0-7")
	}
	for i := 4; i < 8; i++ {
		f.cpu(i, 0, 4+i, fmt.Sprint(i), "0-7")
	}
	m := Read(f, upTo(8))
	assert.Equal(t, []int{0, 2, 4, 5, 6, 7, 1, 3}, m.Order())
	assert.Equal(t, Sibling, m.Distance(2, 3))
	assert.Equal(t, SameLLC, m.Distance(3, 4))
}

// Nothing is known, or not all, or nonsense: what is not known is alike.
func TestMissing(t *testing.T) {
	m := Read(fstest.MapFS{}, []int{3, 0, 1, 3})
	assert.Equal(t, []int{0, 1, 3}, m.Order())
	assert.Equal(t, SameLLC, m.Distance(0, 3))
	assert.Equal(t, SameLLC, m.Distance(0, 99), "no CPU of the machine")
	assert.Equal(t, Same, m.Distance(99, 99))
	assert.Equal(t, []int{3, 1, 1}, counts(m))

	f := newTree()
	f.put("garbage", "cpu/cpu0/topology/core_cpus_list")
	f.put("0-x", "cpu/cpu1/topology/core_cpus_list")
	f.put("8-9", "cpu/cpu1/topology/thread_siblings_list") // does not name the CPU
	f.put("-1", "cpu/cpu1/topology/physical_package_id")
	f.put("2", "cpu/cpu0/cache/index2/level")
	m = Read(f, upTo(2))
	assert.Equal(t, SameLLC, m.Distance(0, 1))

	// The old name; no caches, so packages and dies stand for them.
	f = newTree()
	for i := range 4 {
		f.put(fmt.Sprint(i/2), "cpu/cpu%d/topology/physical_package_id", i)
		f.put("0-3", "node/node0/cpulist")
	}
	f.put("0-1", "cpu/cpu0/topology/thread_siblings_list")
	f.put("0-1", "cpu/cpu1/topology/thread_siblings_list")
	m = Read(f, upTo(4))
	assert.Equal(t, []Distance{Sibling, SameNode, SameLLC}, []Distance{m.Distance(0, 1), m.Distance(1, 2), m.Distance(2, 3)})
	assert.Equal(t, []int{0, 2, 3, 1}, m.Order())
}

// More CPUs than a word has bits.
func TestManyCPUs(t *testing.T) {
	f := newTree()
	for i := range 130 {
		f.cpu(i, 0, i%65, fmt.Sprintf("%d,%d", i%65, i%65+65), "0-129")
	}
	m := Read(f, upTo(130))
	order := m.Order()
	assert.Equal(t, upTo(65), order[:65])
	assert.Equal(t, Sibling, m.Distance(64, 129))
}

// This machine: whatever it is, each CPU is there once.
func TestHere(t *testing.T) {
	m := Read(Sysfs(), upTo(4))
	assert.ElementsMatch(t, upTo(4), m.Order())
	t.Log(counts(m))
}
