/* SPDX-License-Identifier: MIT */
/*
 * The first code of the executable that runs, before that of Bun: `add-entry.ts` makes it the entry point.
 *
 * Bun obeys variables of the environment before any of our JavaScript runs: BUN_OPTIONS=--preload runs a file, BUN_BE_BUN turns
 * the executable into all of Bun, BUN_INSPECT opens a debugger. Who may run retis with more privileges than his own, by sudo for
 * instance, must not gain a shell by it, so these variables are taken away here. And Bun ends with a crash report where /proc is
 * not mounted, so that is looked at here. Privileges that a command does not need are given up here as well: reading.h.
 *
 * No C library, no relocations: this is linked to a plain piece of memory. The stack at the entry is that of the System V ABI:
 * argc, argv, 0, envp, 0, auxv.
 */
#define AT_NULL 0
#define AT_SECURE 23
#define AT_FDCWD (-100)
#define STDERR 2

/* What is added to the address of retis_entry to find Bun's own entry point; written by add-entry.ts. */
#if defined(__x86_64__)
__asm__(".section .entry, \"ax\"\n"
	"retis_entry_distance: .quad 0\n"
	".globl retis_entry\n"
	"retis_entry:\n"
	"	mov %rsp, %rdi\n"
	/* The function that the dynamic linker wants to be called at the end; twice, to keep the stack aligned. */
	"	push %rdx\n"
	"	push %rdx\n"
	"	call retis_prepare\n"
	"	pop %rdx\n"
	"	pop %rdx\n"
	"	lea retis_entry(%rip), %rax\n"
	"	add retis_entry_distance(%rip), %rax\n"
	"	jmp *%rax\n"
	".text\n");

#define SYS_write 1
#define SYS_exit_group 231
#define SYS_faccessat 269
#define SYS_geteuid 107
#define SYS_capget 125
#define SYS_capset 126
#define SYS_prctl 157
#define SYS_statx 332

static long call(long number, long first, long second, long third, long fourth, long fifth)
{
	register long r10 __asm__("r10") = fourth;
	register long r8 __asm__("r8") = fifth;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(first), "S"(second), "d"(third), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return result;
}
#elif defined(__aarch64__)
__asm__(".section .entry, \"ax\"\n"
	"retis_entry_distance: .quad 0\n"
	".globl retis_entry\n"
	"retis_entry:\n"
	"	stp x0, x30, [sp, #-16]!\n"
	"	add x0, sp, #16\n"
	"	bl retis_prepare\n"
	"	ldp x0, x30, [sp], #16\n"
	"	adr x16, retis_entry\n"
	"	ldr x17, retis_entry_distance\n"
	"	add x16, x16, x17\n"
	"	br x16\n"
	".text\n");

#define SYS_write 64
#define SYS_exit_group 94
#define SYS_faccessat 48
#define SYS_geteuid 175
#define SYS_capget 90
#define SYS_capset 91
#define SYS_prctl 167
#define SYS_statx 291

static long call(long number, long first, long second, long third, long fourth, long fifth)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = first;
	register long x1 __asm__("x1") = second;
	register long x2 __asm__("x2") = third;
	register long x3 __asm__("x3") = fourth;
	register long x4 __asm__("x4") = fifth;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
	return x0;
}
#else
#error "no entry code for this architecture"
#endif

static int begins(const char *text, const char *beginning)
{
	while (*beginning)
		if (*text++ != *beginning++)
			return 0;
	return 1;
}

#include "reading.h"

/* Whether another user called: through file capabilities or the like, which the kernel reports, or through sudo or doas. */
static int is_called_by_other(char *const *environment, const long *auxiliary)
{
	for (; auxiliary[0] != AT_NULL; auxiliary += 2)
		if (auxiliary[0] == AT_SECURE && auxiliary[1])
			return 1;
	for (; *environment; environment++)
		if ((begins(*environment, "SUDO_UID=") && !begins(*environment, "SUDO_UID=0")) ||
		    begins(*environment, "DOAS_USER=") || begins(*environment, "PKEXEC_UID="))
			return 1;
	return 0;
}

static int is_refused(const char *variable, int called_by_other)
{
	/* Settings of the JavaScript engine, for tests on slow machines. */
	if (begins(variable, "BUN_JSC_"))
		return called_by_other;
	if (begins(variable, "BUN_"))
		return 1;
	/* PAGER is a command, which would run with our privileges. */
	return called_by_other && (begins(variable, "NODE_") || begins(variable, "JSC_") ||
				   begins(variable, "RETIS_DUMP_CODE=") || begins(variable, "PAGER="));
}

/* Takes variables away. What follows the environment must stay where it is, so another variable takes each place. */
static void clean(char **environment, int called_by_other)
{
	static char nothing[] = "RETIS_NO_VARIABLE=";
	char *kept = nothing;
	char **at;

	for (at = environment; *at; at++)
		if (!is_refused(*at, called_by_other))
			kept = *at;
	for (at = environment; *at; at++)
		if (is_refused(*at, called_by_other))
			*at = kept;
}

__attribute__((used)) void retis_prepare(long *stack)
{
	static const char message[] = RETIS_NO_PROC;
	char **environment = (char **)(stack + 1 + stack[0] + 1);
	char **end = environment;

	while (*end)
		end++;
	clean(environment, is_called_by_other(environment, (const long *)(end + 1)));
	give_up_for_reading((char **)(stack + 1), environment);
	if (call(SYS_faccessat, AT_FDCWD, (long)"/proc/self/exe", 0, 0, 0) == 0)
		return;
	call(SYS_write, STDERR, (long)message, sizeof(message) - 1, 0, 0);
	call(SYS_exit_group, 1, 0, 0, 0, 0);
}
