//go:build race

package lock

const raceBuild = true
