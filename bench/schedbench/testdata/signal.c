// Measures how long a signal to a running thread takes: from before
// pthread_kill, on one CPU, to the handler's first instruction, on another,
// where a thread computes.
//
//	signal SENDER RECEIVER PAUSE DURATION
//
// The first two are CPUs, PAUSE is how long to spin before each signal and
// DURATION how long to go on, in µs. Prints a line with the ns of each signal.
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static atomic_llong sent, latency;
static atomic_int ready, stop;

static long long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void handler(int number)
{
	(void)number;
	atomic_store(&latency, now() - atomic_load(&sent));
}

static void pin(int cpu)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof set, &set)) {
		perror("sched_setaffinity");
		exit(1);
	}
}

static void *compute(void *cpu)
{
	pin(*(int *)cpu);
	atomic_store(&ready, 1);
	while (!atomic_load_explicit(&stop, memory_order_relaxed))
		;
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	int receiver = atoi(argv[2]);
	long long pause = atoll(argv[3]) * 1000, duration = atoll(argv[4]) * 1000;
	long long room = duration / pause + 1, n = 0;
	long long *samples = malloc(room * sizeof *samples);
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };
	pthread_t thread;

	pin(atoi(argv[1]));
	if (!samples || sigaction(SIGRTMIN, &action, NULL) || pthread_create(&thread, NULL, compute, &receiver)) {
		perror("signal");
		return 1;
	}
	while (!atomic_load(&ready))
		;
	for (long long begin = now(); n < room && now() - begin < duration; n++) {
		for (long long t = now(); now() - t < pause;)
			;
		atomic_store(&latency, 0);
		atomic_store(&sent, now());
		pthread_kill(thread, SIGRTMIN);
		while (!atomic_load(&latency))
			;
		samples[n] = atomic_load(&latency);
	}
	atomic_store(&stop, 1);
	pthread_join(thread, NULL);
	for (long long i = 0; i < n; i++)
		printf("%lld\n", samples[i]);
	return 0;
}
