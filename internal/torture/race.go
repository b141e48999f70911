//go:build race

package torture

const raceBuild = true
