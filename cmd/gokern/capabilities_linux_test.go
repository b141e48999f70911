package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestRanges(t *testing.T) {
	for want, list := range map[string][]int{
		"": nil, "3": {3}, "0-1": {0, 1}, "0-3,8": {0, 1, 2, 3, 8}, "1,3,5-6": {1, 3, 5, 6},
	} {
		if got := ranges(list); got != want {
			t.Errorf("%v is %q, want %q", list, got, want)
		}
	}
}

func TestCgroupLimit(t *testing.T) {
	for _, c := range []struct {
		name  string
		list  string
		files map[string]string
		want  string // "" if nothing is known
	}{
		{"version 2", "0::/a/b\n", map[string]string{"a/b/cpu.max": "150000 100000\n"}, "1.50"},
		{"no limit", "0::/a\n", map[string]string{"a/cpu.max": "max 100000\n"}, "none"},
		{"lowest is above", "0::/a/b\n", map[string]string{"a/b/cpu.max": "max 100000\n", "a/cpu.max": "50000 100000\n"}, "0.50"},
		{"in a container", "0::/host/path\n", map[string]string{"cpu.max": "25000 100000\n"}, "0.25"},
		{"version 1", "4:memory:/x\n1:cpu:/x\n0::/\n", map[string]string{"cpu/x/cpu.cfs_quota_us": "200000\n", "cpu/x/cpu.cfs_period_us": "100000\n"}, "2.00"},
		{"version 1, none", "1:cpu,cpuacct:/\n", map[string]string{"cpu,cpuacct/cpu.cfs_quota_us": "-1\n", "cpu,cpuacct/cpu.cfs_period_us": "100000\n"}, "none"},
		{"garbage", "0::/\n", map[string]string{"cpu.max": "lots\n"}, ""},
		{"nothing", "4:memory:/x\n", nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			write := func(name, text string) {
				t.Helper()
				name = filepath.Join(root, name)
				if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			write("list", c.list)
			for name, text := range c.files {
				write(name, text)
			}
			got, ok := cgroupLimit(filepath.Join(root, "list"), root)
			if ok != (c.want != "") {
				t.Fatalf("found %v, %v", got, ok)
			}
			if ok && c.want != "none" && got.String()[:4] != c.want || c.want == "none" && got.String() != "none" {
				t.Errorf("limit is %v, want %s", got, c.want)
			}
		})
	}
}
