/* SPDX-License-Identifier: MIT */
/*
 * Gives up privileges in every thread of the process. Capabilities, user ids and no_new_privs belong to threads, and Bun has several of
 * its own: each is sent a signal, and its handler makes the calls, as glibc does for setuid(2) and libcap for its psx_syscall(). The
 * signal is SIGSYS, because some of Bun's threads block all others that could be taken. Threads that are made meanwhile have
 * the privileges of their maker, so the list is read until it has no new ones.
 *
 * Declarations are those of the C library on 64-bit Linux, so that no headers of another architecture are needed to compile for it.
 */
#define SIGSYS 31
#define SA_RESTART 0x10000000
#define O_RDONLY 0
#define O_CLOEXEC 02000000
#define ESRCH 3
#define EIO 5
#define EAGAIN 11
#define ETIMEDOUT 110

#define PR_SET_KEEPCAPS 8
#define PR_SET_NO_NEW_PRIVS 38
#define PR_CAP_AMBIENT 47
#define PR_CAP_AMBIENT_RAISE 2
#define PR_CAP_AMBIENT_CLEAR_ALL 4
#define FUTEX_WAIT_PRIVATE 128
#define FUTEX_WAKE_PRIVATE 129
#define LINUX_CAPABILITY_VERSION_3 0x20080522
#define CAPABILITIES 64

#if defined(__x86_64__)
#define SYS_getdents64 217
#define SYS_gettid 186
#define SYS_tgkill 234
#define SYS_capget 125
#define SYS_capset 126
#define SYS_setgroups 116
#define SYS_setresuid 117
#define SYS_setresgid 119
#define SYS_setfsuid 122
#define SYS_setfsgid 123
#define SYS_prctl 157
#define SYS_futex 202
#elif defined(__aarch64__)
#define SYS_getdents64 61
#define SYS_gettid 178
#define SYS_tgkill 131
#define SYS_capget 90
#define SYS_capset 91
#define SYS_setgroups 159
#define SYS_setresuid 147
#define SYS_setresgid 149
#define SYS_setfsuid 151
#define SYS_setfsgid 152
#define SYS_prctl 167
#define SYS_futex 98
#else
#error "no system calls for this architecture"
#endif

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

struct directory_entry {
	unsigned long inode;
	long offset;
	unsigned short length;
	unsigned char type;
	char name[];
};

struct capability_header {
	unsigned int version;
	int pid;
};

struct capability_data {
	unsigned int effective;
	unsigned int permitted;
	unsigned int inheritable;
};

extern long syscall(long number, ...);
extern int *__errno_location(void);
extern int sigaction(int number, const struct sigaction *action, struct sigaction *old);
extern int open(const char *path, int flags, ...);
extern int close(int fd);
extern int getpid(void);

/* What every thread is to become; filled before the first signal, read by handlers. */
struct wanted {
	/* Capabilities that are kept, by number. */
	unsigned long long keep;
	/* Whether the ids are changed too. */
	unsigned int change_user;
	unsigned int uid;
	unsigned int gid;
	unsigned int group_count;
	const unsigned int *groups;
	/* Only see whether every thread answers. */
	unsigned int only_try;
};

static struct wanted wanted;

/* Of the thread that was sent the last signal: 1 while it has not answered, then 0 or the negated errno of what failed. */
static int answer;

static int set_capabilities(unsigned long long keep)
{
	struct capability_header header = { LINUX_CAPABILITY_VERSION_3, 0 };
	struct capability_data data[2];
	int i;

	if (syscall(SYS_capget, &header, data))
		return -*__errno_location();
	for (i = 0; i < 2; i++) {
		data[i].permitted &= (unsigned int)(keep >> (32 * i));
		data[i].effective = data[i].permitted;
		data[i].inheritable = data[i].permitted;
	}
	if (syscall(SYS_capset, &header, data))
		return -*__errno_location();
	/*
	 * Programs that are started later may use what is kept, also where we are not root any more. Where that cannot be set
	 * (securebits), only they lack it.
	 */
	syscall(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	for (i = 0; i < CAPABILITIES; i++)
		if (data[i / 32].permitted >> (i % 32) & 1)
			syscall(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0);
	return 0;
}

static int set_user(void)
{
	if (syscall(SYS_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0) ||
	    syscall(SYS_setgroups, (long)wanted.group_count, wanted.groups) ||
	    syscall(SYS_setresgid, (long)wanted.gid, (long)wanted.gid, (long)wanted.gid) ||
	    syscall(SYS_setresuid, (long)wanted.uid, (long)wanted.uid, (long)wanted.uid))
		return -*__errno_location();
	return 0;
}

static int restrict_thread(void)
{
	int error = 0;

	if (wanted.only_try)
		return 0;
	if (wanted.change_user)
		error = set_user();
	if (!error)
		error = set_capabilities(wanted.keep);
	if (!error && syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		error = -*__errno_location();
	return error;
}

static void on_signal(int number)
{
	int before = *__errno_location();

	(void)number;
	__atomic_store_n(&answer, restrict_thread(), __ATOMIC_RELEASE);
	syscall(SYS_futex, &answer, FUTEX_WAKE_PRIVATE, 1L, 0L);
	*__errno_location() = before;
}

/* Has a thread restrict itself. Returns 0, also when it has ended, or a negated errno. */
static int restrict_other(int pid, int tid)
{
	const struct timespec moment = { 0, 1000 * 1000 };
	int waits, result;

	__atomic_store_n(&answer, 1, __ATOMIC_RELEASE);
	if (syscall(SYS_tgkill, (long)pid, (long)tid, (long)SIGSYS))
		return *__errno_location() == ESRCH ? 0 : -*__errno_location();
	/* A busy machine may not give it time for long; about 5 s. */
	for (waits = 0; waits < 5000; waits++) {
		result = __atomic_load_n(&answer, __ATOMIC_ACQUIRE);
		if (result != 1)
			return result;
		if (syscall(SYS_tgkill, (long)pid, (long)tid, 0L) && *__errno_location() == ESRCH)
			return 0;
		syscall(SYS_futex, &answer, FUTEX_WAIT_PRIVATE, 1L, &moment);
	}
	return -ETIMEDOUT;
}

static int parse(const char *name)
{
	int number = 0;

	for (; *name >= '0' && *name <= '9'; name++)
		number = number * 10 + (*name - '0');
	return number;
}

#define MOST_THREADS 1024
static int done[MOST_THREADS];

static int is_done(int tid, int count)
{
	int i;

	for (i = 0; i < count; i++)
		if (done[i] == tid)
			return 1;
	return 0;
}

/* Restricts the threads that are not yet. Returns how many are now, or a negated errno. */
static int restrict_listed(int directory, int count)
{
	static char entries[4096] __attribute__((aligned(8)));
	const int pid = getpid(), self = (int)syscall(SYS_gettid);
	long size, at;
	int tid, error;

	while ((size = syscall(SYS_getdents64, (long)directory, entries, sizeof(entries))) > 0) {
		for (at = 0; at < size; at += ((struct directory_entry *)(entries + at))->length) {
			tid = parse(((struct directory_entry *)(entries + at))->name);
			if (tid == 0 || is_done(tid, count))
				continue;
			if (count == MOST_THREADS)
				return -EAGAIN;
			error = tid == self ? restrict_thread() : restrict_other(pid, tid);
			if (error)
				return error;
			done[count++] = tid;
		}
	}
	return size < 0 ? -*__errno_location() : count;
}

static int restrict_all(void)
{
	int count = 0, before, directory;

	do {
		before = count;
		directory = open("/proc/self/task", O_RDONLY | O_CLOEXEC);
		if (directory < 0)
			return -*__errno_location();
		count = restrict_listed(directory, count);
		close(directory);
	} while (count > before);
	return count;
}

/*
 * Restricts every thread as `request` says. Returns how many there were, or a negated errno; some threads may be
 * restricted then, and others not.
 */
int retis_restrict_threads(const struct wanted *request)
{
	struct sigaction action = { .handler = (void *)on_signal, .flags = SA_RESTART }, before;
	int result;

	wanted = *request;
	if (sigaction(SIGSYS, &action, &before))
		return -*__errno_location();
	result = restrict_all();
	sigaction(SIGSYS, &before, 0);
	return result;
}

/* Sets the effective capabilities of the calling thread, of those that it is permitted. Returns 0 or a negated errno. */
int retis_set_effective(unsigned long long effective)
{
	struct capability_header header = { LINUX_CAPABILITY_VERSION_3, 0 };
	struct capability_data data[2];
	int i;

	if (syscall(SYS_capget, &header, data))
		return -*__errno_location();
	for (i = 0; i < 2; i++)
		data[i].effective = data[i].permitted & (unsigned int)(effective >> (32 * i));
	return syscall(SYS_capset, &header, data) ? -*__errno_location() : 0;
}

/* The user and group that the calling thread opens files as. Returns 0, or -EIO when it may not. */
int retis_set_file_user(unsigned int uid, unsigned int gid)
{
	syscall(SYS_setfsgid, (long)gid);
	syscall(SYS_setfsuid, (long)uid);
	/* These calls report nothing but what was set before. */
	return syscall(SYS_setfsuid, -1L) == (long)uid && syscall(SYS_setfsgid, -1L) == (long)gid ? 0 : -EIO;
}
