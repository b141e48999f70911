#include <stdint.h>

uint64_t gokern_loads_mix(uint64_t x, int n);
double gokern_loads_sum(int n);
int gokern_loads_errno(int code);
uint64_t gokern_loads_call_back(uintptr_t handle, uint64_t x, int depth, int *damaged);
int gokern_loads_sleep(int microseconds);
