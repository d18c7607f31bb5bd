/* SPDX-License-Identifier: MIT */
/*
 * Detaching a kprobe waits for grace periods of RCU, and closing its descriptor is detaching it: of hundreds it takes many
 * seconds, within the exit of the process, where nothing can hurry it and nobody can stop waiting for it. So a process that has to
 * end at once leaves such descriptors to a child, which ends with it and closes them in its stead.
 *
 * The child shares our memory, as copying the page tables of a large process takes time, and has a copy of our descriptors. It
 * keeps those that attach programs. All others must be closed with us: readers wait for the end of a pipe, and files are locked.
 */
#define CLONE_VM 0x100
#define PR_SET_PDEATHSIG 1
#define PR_SET_NAME 15
#define SIG_BLOCK 0
#define SIGKILL 9
#ifdef __x86_64__
#define SYS_getdents64 217
#else
#define SYS_getdents64 61
#endif

struct signal_set {
	unsigned long words[16];
};

/* struct linux_dirent64 (include/linux/dirent.h). */
struct directory_entry {
	unsigned long long inode;
	long long offset;
	unsigned short size;
	unsigned char type;
	char name[];
} __attribute__((packed));

extern int clone(int (*function)(void *), void *stack_end, int flags, void *argument, ...);
extern int close(int descriptor);
extern void _exit(int status);
extern int getpid(void);
extern int getppid(void);
extern int open(const char *path, int flags, ...);
extern int pause(void);
extern int prctl(int option, ...);
extern long readlink(const char *path, char *target, unsigned long size);
extern int sigprocmask(int how, const struct signal_set *set, struct signal_set *old);
extern long syscall(long number, ...);

static char holder_stack[32768] __attribute__((aligned(16)));
static char descriptor_entries[8192] __attribute__((aligned(8)));
static int leaving_process;

static int starts_with(const char *text, const char *start)
{
	while (*start)
		if (*text++ != *start++)
			return 0;
	return 1;
}

/* Whether a descriptor attaches a program: perf_event_open (kernel/events/core.c), bpf_link_prime (kernel/bpf/syscall.c). */
static int is_link(const char *descriptor)
{
	static const char directory[] = "/proc/self/fd/";
	char path[64] = { 0 }, target[64] = { 0 };
	unsigned long at = 0;

	for (; directory[at]; at++)
		path[at] = directory[at];
	while (*descriptor && at < sizeof(path) - 1)
		path[at++] = *descriptor++;
	if (readlink(path, target, sizeof(target) - 1) < 0)
		return 0;
	return starts_with(target, "anon_inode:[perf_event]") || starts_with(target, "anon_inode:bpf_link");
}

static int number_of(const char *digits)
{
	int number = 0;

	for (; *digits >= '0' && *digits <= '9'; digits++)
		number = number * 10 + (*digits - '0');
	return number;
}

static void close_all_but_links(void)
{
	int directory = open("/proc/self/fd", 0);
	long length, at;

	/* Without /proc at least what others read ends. */
	for (int standard = 0; directory < 0 && standard <= 2; standard++)
		close(standard);
	while (directory >= 0 &&
	       (length = syscall(SYS_getdents64, directory, descriptor_entries, sizeof(descriptor_entries))) > 0)
		for (at = 0; at < length; at += ((struct directory_entry *)(descriptor_entries + at))->size) {
			const char *name = ((struct directory_entry *)(descriptor_entries + at))->name;

			if (*name != '.' && number_of(name) != directory && !is_link(name))
				close(number_of(name));
		}
	close(directory);
}

static int hold_links(void *argument)
{
	(void)argument;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "retis-detach");
	close_all_but_links();
	while (getppid() == leaving_process)
		pause();
	_exit(0);
	return 0;
}

/* Only for a process that ends right afterwards: no signal but SIGKILL is delivered any more. */
static void leave_links_to_holder(void)
{
	struct signal_set all;

	for (unsigned long word = 0; word < sizeof(all.words) / sizeof(*all.words); word++)
		all.words[word] = ~0UL;
	sigprocmask(SIG_BLOCK, &all, 0);
	leaving_process = getpid();
	clone(hold_links, holder_stack + sizeof(holder_stack), CLONE_VM, 0);
}
