/* SPDX-License-Identifier: MIT */
/*
 * Handlers of terminating signals that work while JavaScript does not: inside a system call, a parser, a garbage collection.
 * The first signal is noted where JavaScript can read it at any time, and handed on to the handler that was there before. A
 * second one restores the default action and is raised again, which ends the process at once (see link-holder.h).
 *
 * Declarations are those of the C library on 64-bit Linux (glibc: sysdeps/unix/sysv/linux/bits/sigaction.h), so that no
 * headers of another architecture are needed to compile for it.
 */
#include "link-holder.h"

#define SA_SIGINFO 4
#define SA_RESTART 0x10000000
#define SIGALRM 14
#define EFD_CLOEXEC 02000000
#define EFD_NONBLOCK 04000
#define CLOCK_MONOTONIC 1
#define SIGNALS 65
#define SECOND 1000000000LL

/* Signals so soon after the first are the same request: timeout(1) sends one to the process, and one to its group. */
#define SAME_REQUEST (100 * 1000 * 1000LL)

struct sigaction {
	void *handler;
	unsigned long mask[16];
	int flags;
	void (*restorer)(void);
};

struct timespec {
	long seconds;
	long nanoseconds;
};

extern int sigaction(int number, const struct sigaction *action, struct sigaction *old);
extern int clock_gettime(int clock, struct timespec *time);
extern int raise(int number);
extern int eventfd(unsigned int value, int flags);
extern unsigned int alarm(unsigned int seconds);
extern long read(int descriptor, void *bytes, unsigned long count);
extern long write(int descriptor, const void *bytes, unsigned long count);

static struct sigaction before[SIGNALS];
static int first;
/* Can be read once there was a signal; below 0 when there is none such. */
static int descriptor = -1;
/* 0 while there was no signal; decides between threads. */
static long long first_at;

/*
 * Code of third parties: odd while it runs, raised by one when it begins and when it returns. Once there was a signal, we look at it every
 * second: code that does not return would keep the process from ending.
 */
static unsigned int foreign;
static unsigned int foreign_seen;
/* Written to stderr then; JavaScript keeps it up to date. */
static char foreign_message[256];

static long long now(void)
{
	struct timespec time = { 0, 0 };

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.seconds * SECOND + time.nanoseconds;
}

static void end_by(int number)
{
	const struct sigaction standard = { 0 };

	leave_links_to_holder();
	sigaction(number, &standard, 0);
	/* Blocked until the handler returns; then it ends the process. */
	raise(number);
}

static void on_alarm(int number)
{
	const unsigned int current = __atomic_load_n(&foreign, __ATOMIC_SEQ_CST);
	unsigned long length = 0;

	(void)number;
	if ((current & 1) && current == foreign_seen) {
		while (length < sizeof(foreign_message) && foreign_message[length])
			length++;
		write(2, foreign_message, length);
		end_by(first);
		return;
	}
	foreign_seen = current;
	alarm(1);
}

static void watch_foreign_code(void)
{
	struct sigaction action = { .handler = (void *)on_alarm, .flags = SA_RESTART };

	if (!__atomic_load_n(&foreign, __ATOMIC_SEQ_CST))
		return;
	foreign_seen = 0;
	sigaction(SIGALRM, &action, 0);
	alarm(1);
}

static void on_signal(int number, void *info, void *context)
{
	const unsigned long long one = 1;
	long long none = 0, time = now();

	if (!__atomic_compare_exchange_n(&first_at, &none, time, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		if (time - none < SAME_REQUEST)
			return;
		end_by(number);
		return;
	}
	__atomic_store_n(&first, number, __ATOMIC_SEQ_CST);
	if (descriptor >= 0)
		write(descriptor, &one, sizeof(one));
	watch_foreign_code();
	if (before[number].flags & SA_SIGINFO)
		((void (*)(int, void *, void *))before[number].handler)(number, info, context);
	else if ((unsigned long)before[number].handler > 1)
		((void (*)(int))before[number].handler)(number);
}

/* Puts our handler before the one that the signal has. Returns 0, or -1 for a number that is no signal. */
int retis_watch_signal(int number)
{
	struct sigaction action;

	if (number <= 0 || number >= SIGNALS || sigaction(number, 0, &action))
		return -1;
	if (action.handler == (void *)on_signal)
		return 0;
	before[number] = action;
	action.handler = (void *)on_signal;
	action.flags |= SA_SIGINFO;
	return sigaction(number, &action, 0);
}

/* Whether the signal was ignored when the process started, as nohup(1) has it; ask before anything handles it. */
int retis_signal_is_ignored(int number)
{
	struct sigaction action;

	return sigaction(number, 0, &action) == 0 && (unsigned long)action.handler == 1;
}

/* Makes the next signal the first one. */
void retis_forget_signal(void)
{
	unsigned long long count;

	__atomic_store_n(&first, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&first_at, 0, __ATOMIC_SEQ_CST);
	if (descriptor >= 0)
		read(descriptor, &count, sizeof(count));
}

/* The number of the first signal, 0 while there was none. */
int *retis_first_signal(void)
{
	return &first;
}

/* Whether code of third parties runs, see above. */
unsigned int *retis_foreign_code(void)
{
	return &foreign;
}

char *retis_foreign_message(void)
{
	return foreign_message;
}

/* A descriptor that can be read once there was a signal, for poll(2): it stays ours. Below 0 when it cannot be made. */
int retis_signal_descriptor(void)
{
	if (descriptor < 0)
		descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return descriptor;
}
