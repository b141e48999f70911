package loads

import (
	"math"
	"math/big"
	"math/bits"
	"math/rand/v2"
)

// Loads that keep values in as many registers as there are.
var registers = []Load{
	{Name: "registers/spin", Run: spin},
	{Name: "registers/integer", Run: integerRegisters},
	{Name: "registers/carry", Run: carryFlag},
	{Name: "registers/float", Run: floatRegisters},
	{Name: "registers/chaos", Run: chaosLoad},
	{Name: "registers/complex", Run: complexRegisters},
}

// spin is a loop without a call: only a signal can preempt it.
func spin(r *rand.Rand) error {
	n := uint64(100_000 + r.IntN(200_000))
	var sum uint64
	for i := range n {
		sum += i
	}
	if want := n * (n - 1) / 2; sum != want {
		return damaged("registers", "sum below %d is %d, want %d", n, sum, want)
	}
	return nil
}

// integerRegisters mixes ten values by steps that can be undone, undoes them,
// and must be back where it began.
func integerRegisters(r *rand.Rand) error {
	var s [10]uint64
	for i := range s {
		s[i] = r.Uint64()
	}
	a, b, c, d, e, f, g, h, j, k := s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], s[9]
	const n = 20_000
	for i := uint64(0); i < n; i++ {
		a += b ^ i
		b = bits.RotateLeft64(b, 7) ^ c
		c -= d
		d ^= a
		e += f
		f = bits.RotateLeft64(f, 19) + g
		g ^= h
		h -= j
		j = bits.RotateLeft64(j, 31) ^ k
		k += e
	}
	for i := uint64(n); i > 0; i-- {
		k -= e
		j = bits.RotateLeft64(j^k, -31)
		h += j
		g ^= h
		f = bits.RotateLeft64(f-g, -19)
		e -= f
		d ^= a
		c += d
		b = bits.RotateLeft64(b^c, -7)
		a -= b ^ (i - 1)
	}
	if got := [10]uint64{a, b, c, d, e, f, g, h, j, k}; got != s {
		return damaged("registers", "%x came back as %x", s, got)
	}
	return nil
}

// carryFlag adds numbers of 256 bits: between two of the additions the carry is
// in the processor's flags.
func carryFlag(r *rand.Rand) error {
	x, y := [4]uint64{r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64()}, [4]uint64{r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64()}
	const n = 50_000
	x0, x1, x2, x3 := x[0], x[1], x[2], x[3]
	for range n {
		var c uint64
		x0, c = bits.Add64(x0, y[0], 0)
		x1, c = bits.Add64(x1, y[1], c)
		x2, c = bits.Add64(x2, y[2], c)
		x3, _ = bits.Add64(x3, y[3], c)
	}
	want := new(big.Int).Mul(bigOf(y), big.NewInt(n))
	want.Add(want, bigOf(x))
	want.And(want, new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1)))
	if got := bigOf([4]uint64{x0, x1, x2, x3}); got.Cmp(want) != 0 {
		return damaged("registers or flags", "sum is %x, want %x", got, want)
	}
	return nil
}

// bigOf returns the number whose limbs are w, lowest first.
func bigOf(w [4]uint64) *big.Int {
	n := new(big.Int)
	for i := range w {
		n.Lsh(n, 64)
		n.Or(n, new(big.Int).SetUint64(w[3-i]))
	}
	return n
}

// floatRegisters counts in fourteen floating-point registers at once. All
// values are whole and below 2^53, so the sums are exact.
func floatRegisters(r *rand.Rand) error {
	n := 10_000 + r.IntN(20_000)
	var a, b, c, d, e, f, g, h, i, j, k, l, m, o float64
	for range n {
		a, b, c, d, e, f, g = a+1, b+2, c+3, d+4, e+5, f+6, g+7
		h, i, j, k, l, m, o = h+8, i+9, j+10, k+11, l+12, m+13, o+14
	}
	for x, got := range [...]float64{a, b, c, d, e, f, g, h, i, j, k, l, m, o} {
		if want := float64(n) * float64(x+1); got != want {
			return damaged("floating-point registers", "sum %d is %v, want %v", x, got, want)
		}
	}
	return nil
}

// chaos lets the smallest change in its variables grow with every round.
//
//go:noinline
func chaos(x float64) float64 {
	a, b, c, d, e, f := x, x*0.9, x*0.8, x*0.7, x*0.6, x*0.5
	for range 5000 {
		a = 3.91 * a * (1 - a)
		b = 3.93 * b * (1 - b)
		c = 3.95 * c * (1 - c)
		d = 3.97 * d * (1 - d)
		e = 3.99 * e * (1 - e)
		f = math.Sqrt(f*f+a*b) / (1 + c)
	}
	return a + b + c + d + e + f
}

// chaosWant are chaos's results for (i+1)/10. They are computed before any
// kernel can have been booted.
var chaosWant = func() (want [8]float64) {
	for i := range want {
		want[i] = chaos(float64(i+1) / 10)
	}
	return want
}()

func chaosLoad(r *rand.Rand) error {
	i := r.IntN(len(chaosWant))
	if got := chaos(float64(i+1) / 10); got != chaosWant[i] {
		return damaged("floating-point registers", "chaos(0.%d) is %v, want %v", i+1, got, chaosWant[i])
	}
	return nil
}

// complexRegisters turns three numbers by quarter turns, in which no bit may
// get lost.
func complexRegisters(r *rand.Rand) error {
	a, b, c := complex(float64(r.IntN(1000)), 1), complex(2, float64(r.IntN(1000))), complex64(complex(3, 4))
	x, y, z := a, b, c
	for range 40_000 {
		x *= 1i
		y *= -1i
		z *= 1i
	}
	if x != a || y != b || z != c {
		return damaged("floating-point registers", "%v %v %v came back as %v %v %v", a, b, c, x, y, z)
	}
	return nil
}
