/* SPDX-License-Identifier: MIT */
/*
 * The commands that read event files take no privileges, and files come from anywhere. So capabilities are given up here, where
 * there is one thread yet, which costs nothing: print, sort, stats and pcap of root run as root without capabilities. The two that
 * open files of others are kept where something that the command line names cannot be opened without.
 */
#define CAP_DAC_OVERRIDE 1
#define CAP_DAC_READ_SEARCH 2
#define LINUX_CAPABILITY_VERSION_3 0x20080522
#define PR_SET_NO_NEW_PRIVS 38
#define PR_CAP_AMBIENT 47
#define PR_CAP_AMBIENT_CLEAR_ALL 4
#define AT_SYMLINK_NOFOLLOW 0x100
#define STATX_BASIC_STATS 0x7ff
#define ENOENT 2
#define MAY_READ 4
#define MAY_WRITE 2
#define PATH_MAX 4096

struct capability_header {
	unsigned int version;
	int pid;
};

struct capability_data {
	unsigned int effective;
	unsigned int permitted;
	unsigned int inheritable;
};

/* The beginning of struct statx, include/uapi/linux/stat.h; 256 bytes in all. */
struct file_facts {
	unsigned int mask, block_size;
	unsigned long long attributes;
	unsigned int links, user, group;
	unsigned short mode, spare;
	unsigned long long rest[28];
};

/* Compares up to the end of `word`; true also when `text` ends earlier, if it has `least` characters. */
static int abbreviates(const char *text, const char *word, int least)
{
	int length = 0;

	while (text[length] && text[length] == word[length])
		length++;
	return !text[length] && length >= least;
}

/* Options before the command that take the next argument, unless their value is attached. */
static int takes_next(const char *argument)
{
	return abbreviates(argument, "-p", 2) || abbreviates(argument, "-P", 2) ||
	       abbreviates(argument, "--profile", 9) || abbreviates(argument, "--extra-profiles-dir", 20) ||
	       abbreviates(argument, "--log-level", 11);
}

/* The argument that is the command; 0 when there is none. */
static char *const *command_of(char *const *arguments)
{
	for (arguments++; *arguments; arguments++) {
		if (**arguments != '-')
			return arguments;
		if (takes_next(*arguments) && !*++arguments)
			return 0;
	}
	return 0;
}

static int is_reading(const char *command)
{
	return abbreviates(command, "print", 3) || abbreviates(command, "sort", 2) ||
	       abbreviates(command, "stats", 2) || abbreviates(command, "pcap", 2);
}

/* 0, or a negated errno. */
static long look(const char *path, int flags, struct file_facts *facts)
{
	return call(SYS_statx, AT_FDCWD, (long)path, flags, STATX_BASIC_STATS, (long)facts);
}

/* Whether the mode of what can be reached allows something; groups count as others, which keeps more at worst. */
static int allows(const char *path, int wanted)
{
	struct file_facts facts;

	if (look(path, 0, &facts))
		return 0;
	return (facts.user == (unsigned int)call(SYS_geteuid, 0, 0, 0, 0, 0) ? facts.mode >> 6 : facts.mode) & wanted;
}

/* Where the path of the directory ends, that a file is in; 0 for the working directory. */
static int directory_length(const char *path)
{
	int length = 0, i;

	for (i = 0; path[i]; i++)
		if (path[i] == '/')
			length = i + 1;
	return length;
}

/* Copies a part of a path; returns whether there was room. */
static int copy(char *target, const char *path, int length)
{
	int i;

	if (length >= PATH_MAX)
		return 0;
	for (i = 0; i < length; i++)
		target[i] = path[i];
	target[length] = 0;
	return 1;
}

/* Whether a file can be written, made and removed; not when a link leads to what is not there. */
static int can_write(const char *path)
{
	char directory[PATH_MAX];
	struct file_facts facts;
	const int length = directory_length(path);

	if (!copy(directory, path, length) || !allows(length ? directory : ".", MAY_WRITE))
		return 0;
	return look(path, 0, &facts) ? look(path, AT_SYMLINK_NOFOLLOW, &facts) == -ENOENT : allows(path, MAY_WRITE);
}

/* Whether a file can be read, if there is one. */
static int can_read(const char *path)
{
	struct file_facts facts;

	return look(path, 0, &facts) == -ENOENT || allows(path, MAY_READ);
}

static int length_of(const char *text)
{
	int length = 0;

	while (text[length])
		length++;
	return length;
}

/* An input: NAME, or NAME.. for the parts that follow it too. */
static int can_read_input(const char *path)
{
	char name[PATH_MAX];
	const int length = length_of(path);

	if (length > 2 && path[length - 1] == '.' && path[length - 2] == '.')
		return copy(name, path, length - 2) && can_read(name);
	return can_read(path);
}

static const char *after(const char *text, char wanted)
{
	for (; *text; text++)
		if (*text == wanted)
			return text + 1;
	return 0;
}

/* What option -o or --out names, also after other letters; 0 where the argument is another one. */
static const char *output_of(char *const *arguments)
{
	const char *argument = *arguments, *value;

	if (begins(argument, "--out="))
		return argument + 6;
	if (abbreviates(argument, "--out", 5))
		return arguments[1];
	if (argument[1] == '-')
		return 0;
	value = after(argument, 'o');
	return value && !*value ? arguments[1] : value;
}

/* Looks at every argument of the command as the path that it may be. */
static int can_open_named(char *const *arguments)
{
	const char *output;

	for (; *arguments; arguments++) {
		output = **arguments == '-' ? output_of(arguments) : 0;
		if (output ? !can_write(output) && !abbreviates(output, "-", 1) : !can_read_input(*arguments))
			return 0;
	}
	return 1;
}

static int can_open_all(char *const *arguments, char *const *environment)
{
	const char *scratch = "/tmp";

	for (; *environment; environment++)
		if (begins(*environment, "TMPDIR="))
			scratch = *environment + 7;
	return allows(scratch, MAY_WRITE) && can_read("retis.data") && can_read("retis.data.0") &&
	       can_open_named(arguments);
}

static void give_up_for_reading(char *const *arguments, char *const *environment)
{
	struct capability_header header = { LINUX_CAPABILITY_VERSION_3, 0 };
	struct capability_data had[2], without[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
	char *const *command = command_of(arguments);

	if (!command || !is_reading(*command) || call(SYS_capget, (long)&header, (long)had, 0, 0, 0))
		return;
	if (!had[0].permitted && !had[1].permitted)
		return;
	/* What works without is seen without. */
	without[0].permitted = had[0].permitted;
	without[1].permitted = had[1].permitted;
	if (call(SYS_capset, (long)&header, (long)without, 0, 0, 0))
		return;
	without[1].permitted = 0;
	without[0].permitted &=
		can_open_all(command + 1, environment) ? 0 : 1 << CAP_DAC_OVERRIDE | 1 << CAP_DAC_READ_SEARCH;
	without[0].effective = without[0].permitted;
	call(SYS_capset, (long)&header, (long)without, 0, 0, 0);
	call(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	call(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}
