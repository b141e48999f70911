//go:build race

package percpu_test

const raceBuild = true
