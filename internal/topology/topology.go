package topology

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
)

// CPU is one CPU of the machine. Core, LLC, Node and Package are equal for CPUs
// that share one, and mean nothing else.
type CPU struct {
	ID      int
	Core    int // threads of one core: SMT siblings
	LLC     int // the last-level cache
	Node    int // of memory
	Package int
}

// Machine is a set of CPUs.
type Machine struct {
	cpus []CPU // by ID
}

// Distance is how far two CPUs are from each other.
type Distance int

// Distances, near to far.
const (
	Same     Distance = iota
	Sibling           // threads of one core
	SameLLC           // with a common last-level cache
	SameNode          // with the same memory
	Far
)

// Sysfs is where Linux tells of the machine.
func Sysfs() fs.FS { return os.DirFS("/sys/devices/system") }

// Read returns what the files below root, Linux's /sys/devices/system, say of the
// CPUs with these numbers.
func Read(root fs.FS, ids []int) *Machine {
	m := new(Machine)
	nodes := readNodes(root)
	for _, id := range ids {
		m.cpus = append(m.cpus, readCPU(root, id, nodes))
	}
	slices.SortFunc(m.cpus, func(a, b CPU) int { return cmp.Compare(a.ID, b.ID) })
	m.cpus = slices.CompactFunc(m.cpus, func(a, b CPU) bool { return a.ID == b.ID })
	return m
}

// readNodes returns the node of each CPU; one that is on none is on node 0.
func readNodes(root fs.FS) map[int]int {
	nodes := map[int]int{}
	dirs, _ := fs.Glob(root, "node/node[0-9]*")
	for _, dir := range dirs {
		n, err := strconv.Atoi(strings.TrimPrefix(path.Base(dir), "node"))
		if err != nil {
			continue
		}
		for _, id := range readList(root, dir+"/cpulist") {
			nodes[id] = n
		}
	}
	return nodes
}

func readCPU(root fs.FS, id int, nodes map[int]int) CPU {
	dir := fmt.Sprintf("cpu/cpu%d/", id)
	c := CPU{ID: id, Core: id, Node: nodes[id], Package: max(0, readInt(root, dir+"topology/physical_package_id"))}
	for _, name := range []string{"core_cpus_list", "thread_siblings_list"} { // the latter is the older name
		if list := readList(root, dir+"topology/"+name); slices.Contains(list, id) {
			c.Core = slices.Min(list)
			break
		}
	}
	c.LLC = readLLC(root, dir+"cache", id)
	if c.LLC < 0 {
		// A die has a cache of its own, as a rule. Numbers below 0 are no CPU's.
		die := max(0, readInt(root, dir+"topology/die_id"))
		c.LLC = -1 - (c.Package<<8 | die)
	}
	return c
}

// readLLC returns the first CPU that shares CPU id's last-level cache, -1 if that
// is not known.
func readLLC(root fs.FS, dir string, id int) int {
	llc, highest := -1, 1 // a cache of level 1 is shared by no two cores
	caches, _ := fs.Glob(root, dir+"/index[0-9]*")
	for _, cache := range caches {
		level := readInt(root, cache+"/level")
		if level <= highest {
			continue
		}
		if list := readList(root, cache+"/shared_cpu_list"); slices.Contains(list, id) {
			llc, highest = slices.Min(list), level
		}
	}
	return llc
}

// readInt returns the number in a file, -1 if there is none.
func readInt(root fs.FS, name string) int {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return -1
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return -1
	}
	return n
}

// readList returns the CPUs in a file, none if it cannot be read.
func readList(root fs.FS, name string) []int {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return nil
	}
	list, _ := ParseList(string(text))
	return list
}

// CPU returns what is known of CPU id, and whether it is one of the machine's.
func (m *Machine) CPU(id int) (CPU, bool) {
	i, ok := slices.BinarySearchFunc(m.cpus, id, func(c CPU, id int) int { return cmp.Compare(c.ID, id) })
	if !ok {
		return CPU{}, false
	}
	return m.cpus[i], true
}

// Distance returns how far CPU a is from CPU b. One that is not known shares a
// cache with all: there is nothing to choose by.
func (m *Machine) Distance(a, b int) Distance {
	x, known := m.CPU(a)
	y, both := m.CPU(b)
	switch {
	case a == b:
		return Same
	case !known || !both:
		return SameLLC
	case x.Core == y.Core:
		return Sibling
	case x.LLC == y.LLC:
		return SameLLC
	case x.Node == y.Node:
		return SameNode
	}
	return Far
}

// Order returns the CPUs in the order to use them: one of each core first, and
// those of a node, and in it of a cache, before the next one's.
func (m *Machine) Order() []int {
	cpus := slices.Clone(m.cpus)
	slices.SortStableFunc(cpus, func(a, b CPU) int {
		return cmp.Or(cmp.Compare(a.Node, b.Node), cmp.Compare(a.Package, b.Package), compareLLC(a.LLC, b.LLC), cmp.Compare(a.Core, b.Core), cmp.Compare(a.ID, b.ID))
	})
	threads := map[int]int{} // of a core, so far
	rank := map[int]int{}
	for _, c := range cpus {
		rank[c.ID] = threads[c.Core]
		threads[c.Core]++
	}
	slices.SortStableFunc(cpus, func(a, b CPU) int { return cmp.Compare(rank[a.ID], rank[b.ID]) })
	ids := make([]int, len(cpus))
	for i, c := range cpus {
		ids[i] = c.ID
	}
	return ids
}

// compareLLC has those that are not known in order too: they are negative.
func compareLLC(a, b int) int {
	if a < 0 && b < 0 {
		return cmp.Compare(b, a)
	}
	return cmp.Compare(a, b)
}

// Counts returns how many cores, last-level caches and nodes the CPUs are of.
func (m *Machine) Counts() (cores, caches, nodes int) {
	count := func(of func(CPU) int) int {
		seen := map[int]bool{}
		for _, c := range m.cpus {
			seen[of(c)] = true
		}
		return len(seen)
	}
	return count(func(c CPU) int { return c.Core }), count(func(c CPU) int { return c.LLC }), count(func(c CPU) int { return c.Node })
}
