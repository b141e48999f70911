package loads

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"hash/crc32"
	"math/rand/v2"
)

// Loads whose work is done by assembly with vector registers, where the
// processor has them, checked against simple Go or known answers.
var vectors = []Load{
	{Name: "vectors/sha256", Run: sha256Chain},
	{Name: "vectors/sha512", Run: sha512Chain},
	{Name: "vectors/crc32", Run: crc},
	{Name: "vectors/aes", Run: aesRoundTrip},
	{Name: "vectors/search", Run: search},
	{Name: "vectors/move", Run: move},
	{Name: "vectors/p256", Run: p256},
}

// fill fills b from r.
func fill(r *rand.Rand, b []byte) {
	for i := range b {
		b[i] = byte(r.Uint32())
	}
}

// The links of a chain of hashes that starts with 32 or 64 zeros, each the hash
// of the one before, repeated to fill a buffer. Computed before any kernel can
// have been booted.
const chainLength = 20

var (
	sha256Links = func() (links [chainLength + 1][sha256.Size]byte) {
		for i := range chainLength {
			links[i+1] = sha256.Sum256(bytes.Repeat(links[i][:], 64))
		}
		return links
	}()
	sha512Links = func() (links [chainLength + 1][sha512.Size]byte) {
		for i := range chainLength {
			links[i+1] = sha512.Sum512(bytes.Repeat(links[i][:], 32))
		}
		return links
	}()
)

func sha256Chain(*rand.Rand) error {
	var link [sha256.Size]byte
	for i := range chainLength {
		if link = sha256.Sum256(bytes.Repeat(link[:], 64)); link != sha256Links[i+1] {
			return damaged("vector registers", "SHA-256 is %x, want %x", link, sha256Links[i+1])
		}
	}
	return nil
}

func sha512Chain(*rand.Rand) error {
	var link [sha512.Size]byte
	for i := range chainLength {
		if link = sha512.Sum512(bytes.Repeat(link[:], 32)); link != sha512Links[i+1] {
			return damaged("vector registers", "SHA-512 is %x, want %x", link, sha512Links[i+1])
		}
	}
	return nil
}

var crcTables = [...]*crc32.Table{crc32.IEEETable, crc32.MakeTable(crc32.Castagnoli)}

func crc(r *rand.Rand) error {
	b := make([]byte, 1+r.IntN(16<<10))
	fill(r, b)
	for i, table := range crcTables {
		want := ^uint32(0)
		for _, v := range b {
			want = table[byte(want)^v] ^ want>>8
		}
		for range 5 {
			if got := crc32.Checksum(b, table); got != ^want {
				return damaged("vector registers", "CRC of %d bytes by table %d is %#x, want %#x", len(b), i, got, ^want)
			}
		}
	}
	return nil
}

// aesRoundTrip encrypts the example of FIPS 197, then seals and opens: a seal
// that does not fit is an error.
func aesRoundTrip(r *rand.Rand) error {
	key := make([]byte, 16)
	block := make([]byte, 16)
	for i := range key {
		key[i], block[i] = byte(i), byte(i)*0x11
	}
	c, err := aes.NewCipher(key)
	if err != nil {
		return err
	}
	c.Encrypt(block, block)
	if want := "\x69\xc4\xe0\xd8\x6a\x7b\x04\x30\xd8\xcd\xb7\x80\x70\xb4\xc5\x5a"; string(block) != want {
		return damaged("vector registers", "AES gives %x, want %x", block, want)
	}
	gcm, err := cipher.NewGCM(c)
	if err != nil {
		return err
	}
	plain, nonce := make([]byte, r.IntN(16<<10)), make([]byte, gcm.NonceSize())
	fill(r, plain)
	fill(r, nonce)
	for range 5 {
		back, err := gcm.Open(nil, nonce, gcm.Seal(nil, nonce, plain, key), key)
		if err != nil {
			return damaged("vector registers", "AES-GCM of %d bytes: %v", len(plain), err)
		}
		if !bytes.Equal(back, plain) {
			return damaged("vector registers", "AES-GCM of %d bytes gives others back", len(plain))
		}
	}
	return nil
}

func search(r *rand.Rand) error {
	b := make([]byte, 1+r.IntN(8<<10))
	fill(r, b)
	first, count := [256]int{}, [256]int{}
	for i := len(b) - 1; i >= 0; i-- {
		first[b[i]] = i + 1 // 0 means none
		count[b[i]]++
	}
	for v := range 256 {
		if got := bytes.IndexByte(b, byte(v)); got != first[v]-1 {
			return damaged("vector registers", "IndexByte is %d, want %d", got, first[v]-1)
		}
		if got := bytes.Count(b, []byte{byte(v)}); got != count[v] {
			return damaged("vector registers", "Count is %d, want %d", got, count[v])
		}
	}
	other := bytes.Clone(b)
	at := r.IntN(len(b))
	other[at] ^= 1
	if bytes.Equal(b, other) || (bytes.Compare(b, other) < 0) != (b[at] < other[at]) {
		return damaged("vector registers", "%d bytes differ at %d, which Equal or Compare do not see", len(b), at)
	}
	return nil
}

// move copies within a buffer, forwards and backwards: by vector registers or
// REP MOVSB, according to the size.
func move(r *rand.Rand) error {
	b := make([]byte, 32<<10)
	fill(r, b)
	want := bytes.Clone(b)
	for range 20 {
		n := 1 + r.IntN(1<<(1+r.IntN(14)))
		to, from := r.IntN(len(b)-n), r.IntN(len(b)-n)
		copy(b[to:to+n], b[from:from+n])
		simple := make([]byte, n)
		for i := range simple {
			simple[i] = want[from+i]
		}
		for i, v := range simple {
			want[to+i] = v
		}
		subtle.XORBytes(b[:n], b[:n], b[len(b)-n:])
		for i := range n {
			want[i] ^= want[len(want)-n+i]
		}
		from = r.IntN(len(b) - n)
		clear(b[from : from+n])
		for i := range n {
			want[from+i] = 0
		}
	}
	for i := range b {
		if b[i] != want[i] {
			return damaged("memory", "byte %d is %#x, want %#x", i, b[i], want[i])
		}
	}
	return nil
}

// p256 agrees on a secret from both sides.
func p256(r *rand.Rand) error {
	var keys [2]*ecdh.PrivateKey
	for i := range keys {
		b := make([]byte, 32)
		fill(r, b)
		b[0], b[31] = 0, b[31]|1 // below the group's order, and not 0
		k, err := ecdh.P256().NewPrivateKey(b)
		if err != nil {
			return err
		}
		keys[i] = k
	}
	a, err := keys[0].ECDH(keys[1].PublicKey())
	if err != nil {
		return damaged("vector registers", "ECDH: %v", err)
	}
	b, err := keys[1].ECDH(keys[0].PublicKey())
	if err != nil {
		return damaged("vector registers", "ECDH: %v", err)
	}
	if !bytes.Equal(a, b) {
		return damaged("vector registers", "P-256 gives the secrets %x and %x", a, b)
	}
	return nil
}
