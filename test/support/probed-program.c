/*
 * A program with static probes, for tests of user-space probes. Every `argv[1]` milliseconds it passes all of them once, and
 * prints the counter of the probe `counted` that a tracer raises. Compiled with and without -DCOUNTED, as with <sys/sdt.h> all
 * probes of a file have such a counter or none has.
 */
#ifdef COUNTED
#define _SDT_HAS_SEMAPHORES 1
#define COUNTER(name) unsigned short retis_test_##name##_semaphore __attribute__((section(".probes")))
#else
#define COUNTER(name) unsigned short retis_test_##name##_semaphore
#endif
#include <stdio.h>
#include <stdlib.h>
#include <sys/sdt.h>
#include <unistd.h>

COUNTER(numbers);
COUNTER(text);
COUNTER(counted);
COUNTER(table);

static const char greeting[] = "hello, probe";
static volatile signed char tiny = -3;
static volatile unsigned short middle = 65533;
static volatile int negative = -70000;
static volatile unsigned long large = 0xfedcba9876543210ul;
/* Passed by address in a register plus an index. */
short table[8] = { 0, -1, -2, -3, -4, -5, -6, -7 };

__attribute__((noinline)) int probed_function(int number, const char *text)
{
	__asm__ volatile("" : : "r"(number), "r"(text) : "memory");
	return number + 1;
}

static void pass(long round)
{
	DTRACE_PROBE4(retis_test, numbers, tiny, middle, negative, large);
	DTRACE_PROBE2(retis_test, text, greeting, sizeof(greeting));
	DTRACE_PROBE3(retis_test, table, table[round & 7], -12, round);
	DTRACE_PROBE1(retis_test, counted, round);
	probed_function(-5, greeting);
}

int main(int argc, char **argv)
{
	unsigned int pause = argc > 1 ? (unsigned int)atoi(argv[1]) : 100;

	for (long round = 0;; round++) {
		pass(round);
		printf("%d %hu\n", getpid(), *(volatile unsigned short *)&retis_test_counted_semaphore);
		fflush(stdout);
		usleep(pause * 1000);
	}
}
