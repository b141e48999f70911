#include <errno.h>
#include <time.h>
#include "loads.h"
#include "_cgo_export.h"

// GoMix in call.go is the same in Go.
uint64_t gokern_loads_mix(uint64_t x, int n) {
	for (int i = 0; i < n; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		x += i;
	}
	return x;
}

// Eight sums of whole numbers, together n * 36.
double gokern_loads_sum(int n) {
	double a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
	for (int i = 0; i < n; i++) {
		a += 1; b += 2; c += 3; d += 4;
		e += 5; f += 6; g += 7; h += 8;
	}
	return a + b + c + d + e + f + g + h;
}

// Sets errno, and gives a signal time to change it.
int gokern_loads_errno(int code) {
	volatile int i;
	errno = code;
	for (i = 0; i < 5000; i++) {
	}
	return -1;
}

// Calls Go, with an array on the C stack that must not change meanwhile.
uint64_t gokern_loads_call_back(uintptr_t handle, uint64_t x, int depth, int *damaged) {
	volatile unsigned char guard[256];
	for (size_t i = 0; i < sizeof guard; i++)
		guard[i] = (unsigned char)(i * 7 + depth);
	x = gokernLoadsCalledBack(handle, x, depth);
	for (size_t i = 0; i < sizeof guard; i++)
		if (guard[i] != (unsigned char)(i * 7 + depth))
			*damaged = 1;
	return x;
}

// A signal cuts a sleep short, whatever SA_RESTART says: C in a process that gets
// signals, as every Go program does, must sleep the rest. Returns how often.
int gokern_loads_sleep(int microseconds) {
	struct timespec left = {.tv_nsec = microseconds * 1000L};
	int interrupted = 0;
	while (nanosleep(&left, &left) == -1 && errno == EINTR)
		interrupted++;
	return interrupted;
}
