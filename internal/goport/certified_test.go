//go:build linux && amd64 && go1.25 && !go1.28

package goport

import "testing"

func TestCertified(t *testing.T) {
	for version, want := range map[string]bool{
		"go1.25": true, "go1.25.5": true, "go1.26.8": true, "go1.27rc1": true, "go1.27.3 X:nogreenteagc": true, "go1.26-custom": true,
		"go1.24.9": false, "go1.28": false, "go1.28rc1": false, "go1.2": false, "go1.250": false, "go2.25": false,
		"devel go1.28-abcdef": false, "": false,
	} {
		if got := certified.MatchString(version); got != want {
			t.Errorf("%q: certified is %v, want %v", version, got, want)
		}
	}
}
