package loads

import (
	"math/big"
	"math/rand/v2"
	"reflect"
)

// Loads of big numbers and of calls by reflection.
var numbers = []Load{
	{Name: "numbers/modexp", Run: modexp},
	{Name: "numbers/divide", Run: divide},
	{Name: "numbers/reflect", Run: reflection},
	{Name: "numbers/makefunc", Run: repeat(3, makeFunc)},
}

// prime is 2^521-1, a Mersenne prime.
var prime = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 521), big.NewInt(1))

// modexp takes a number to the power of prime-1, which leaves 1 (Fermat).
func modexp(r *rand.Rand) error {
	b := make([]byte, 64)
	fill(r, b)
	b[0] |= 1
	x := new(big.Int).SetBytes(b)
	exponent := new(big.Int).Sub(prime, big.NewInt(1))
	if got := new(big.Int).Exp(x, exponent, prime); got.Cmp(big.NewInt(1)) != 0 {
		return damaged("big number", "%x to the power p-1 is %x, want 1", x, got)
	}
	return nil
}

func divide(r *rand.Rand) error {
	for range 10 {
		b := make([]byte, 1000)
		fill(r, b)
		x, y := new(big.Int).SetBytes(b), new(big.Int).SetBytes(b[:1+r.IntN(900)])
		y.Add(y, big.NewInt(1))
		q, rest := new(big.Int).DivMod(x, y, new(big.Int))
		if back := new(big.Int).Mul(q, y); back.Add(back, rest).Cmp(x) != 0 {
			return damaged("big number", "%x divided by %x and multiplied is %x", x, y, back)
		}
		if back, ok := new(big.Int).SetString(x.String(), 10); !ok || back.Cmp(x) != 0 {
			return damaged("big number", "%x in decimal and back is %x", x, back)
		}
	}
	return nil
}

type calculator struct{ base int }

// Mix uses integer and floating-point registers, the stack and the heap.
//
//go:noinline
func (c *calculator) Mix(a int, f float64, s string, big [10]int, rest ...int) (int, float64, string) {
	for _, v := range rest {
		a += v
	}
	for _, v := range big {
		a += v
	}
	return a + c.base, f * 2, s + "!"
}

func reflection(r *rand.Rand) error {
	c := &calculator{base: r.IntN(1000)}
	mix := reflect.ValueOf(c).MethodByName("Mix")
	direct := mix.Interface().(func(int, float64, string, [10]int, ...int) (int, float64, string))
	for i := range 100 {
		args := []reflect.Value{reflect.ValueOf(i), reflect.ValueOf(1.5), reflect.ValueOf("s"), reflect.ValueOf([10]int{1, 2, 3}), reflect.ValueOf(7), reflect.ValueOf(8)}
		out := mix.Call(args)
		want := i + 7 + 8 + 6 + c.base
		if out[0].Int() != int64(want) || out[1].Float() != 3 || out[2].String() != "s!" {
			return damaged("reflected call", "%v, want %d, 3 and s!", out, want)
		}
		if a, f, s := direct(i, 1.5, "s", [10]int{1, 2, 3}, 7, 8); a != want || f != 3 || s != "s!" {
			return damaged("method value", "%d %v %s, want %d, 3 and s!", a, f, s, want)
		}
	}
	return nil
}

// makeFunc swaps its arguments through functions made at run time, whose stubs
// pass registers in memory.
func makeFunc(r *rand.Rand) error {
	type swapper func(int, string, float64, []int) ([]int, float64, string, int)
	swap := reflect.MakeFunc(reflect.TypeFor[swapper](), func(in []reflect.Value) []reflect.Value {
		return []reflect.Value{in[3], in[2], in[1], in[0]}
	}).Interface().(swapper)
	for i := range 100 {
		f, list := r.Float64(), []int{i, i + 1}
		l, g, s, n := swap(i, "swap", f, list)
		if n != i || s != "swap" || g != f || len(l) != 2 || l[0] != i || l[1] != i+1 {
			return damaged("reflected call", "%v %v %q %d, want %v %v %q %d", l, g, s, n, list, f, "swap", i)
		}
	}
	return nil
}
