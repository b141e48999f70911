package bench

import "testing"

// BenchmarkChannel measures ping-pong over two unbuffered channels. An operation
// is one message. The receiver is always parked when the message comes and the
// sender parks next, so each message costs one wake-up, one park and one switch.
func BenchmarkChannel(b *testing.B) { oneCPU(b, channel) }

func channel(b *testing.B, s start) {
	n := b.N/2 + 1
	ping, pong := make(chan struct{}), make(chan struct{})
	s(func() {
		for range ping {
			pong <- struct{}{}
		}
		close(pong)
	})
	b.ResetTimer()
	for range n {
		ping <- struct{}{}
		<-pong
	}
	b.StopTimer()
	close(ping)
	<-pong
	perSwitch(b, 2*n)
}
