package signals_test

import (
	"testing"

	"github.com/gokern/gokern/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }
