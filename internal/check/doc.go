// Package check has no code, only tests: they read the tree's Go and assembly
// files and enforce the rules that a compiler does not.
//
//   - unsafe is imported in files named *_unsafe.go and layout.go, and in
//     internal/cpu and internal/goport, nowhere else.
//   - Core packages import the standard library, three modules, and each other
//     downwards only.
//   - Assembly is in three packages, and one file that is listed.
//   - Every package says what it is for.
//   - No file that is written by hand is over 12 KB.
package check
