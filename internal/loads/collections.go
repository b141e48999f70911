package loads

import (
	"maps"
	"math/rand/v2"
	"slices"
	"sort"
	"strconv"
)

// Loads of maps and slices.
var collections = []Load{
	{Name: "collections/map", Run: mapLoad},
	{Name: "collections/sort", Run: sortLoad},
	{Name: "collections/generic", Run: repeat(10, generic)},
}

func mapLoad(r *rand.Rand) error {
	m, back := map[int]string{}, map[string]int{}
	n := 300 + r.IntN(700)
	for i := range n {
		m[i], back[strconv.Itoa(i)] = strconv.Itoa(i), i
	}
	for i := range n {
		if m[i] != strconv.Itoa(i) || back[strconv.Itoa(i)] != i {
			return damaged("map", "%d is %q, and back %d", i, m[i], back[strconv.Itoa(i)])
		}
	}
	seen := 0
	for k := range m {
		if k%2 == 0 {
			delete(m, k)
		}
		seen++
	}
	if seen != n || len(m) != n/2 {
		return damaged("map", "%d of %d entries seen, %d left of %d", seen, n, len(m), n/2)
	}
	keys := slices.Sorted(maps.Keys(m))
	for i, k := range keys {
		if k != 2*i+1 {
			return damaged("map", "odd key %d is %d", i, k)
		}
	}
	return nil
}

func sortLoad(r *rand.Rand) error {
	const n = 1000
	for _, f := range []func([]int){
		sort.Ints,
		slices.Sort[[]int],
		func(x []int) { sort.Slice(x, func(i, j int) bool { return x[i] < x[j] }) },
		func(x []int) { slices.SortStableFunc(x, func(a, b int) int { return a - b }) },
	} {
		x := r.Perm(n)
		f(x)
		for i, v := range x {
			if v != i {
				return damaged("slice", "sorted value %d is %d", i, v)
			}
		}
	}
	return nil
}

type number interface{ ~int | ~float64 | ~uint8 }

// fold returns f over all of xs.
func fold[T, A any](xs []T, a A, f func(A, T) A) A {
	for _, x := range xs {
		a = f(a, x)
	}
	return a
}

func total[T number](xs []T) float64 {
	return fold(xs, 0.0, func(a float64, x T) float64 { return a + float64(x) })
}

func generic(r *rand.Rand) error {
	n := 1 + r.IntN(2000)
	ints, floats, bytes := make([]int, n), make([]float64, n), make([]uint8, n)
	for i := range n {
		ints[i], floats[i], bytes[i] = i, float64(i), 1
	}
	want := float64(n) * float64(n-1) / 2
	if a, b, c := total(ints), total(floats), total(bytes); a != want || b != want || c != float64(n) {
		return damaged("slice", "sums are %v, %v and %v, want %v, %v and %v", a, b, c, want, want, n)
	}
	return nil
}
