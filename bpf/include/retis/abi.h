/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/*
 * The version of the contract between hooks and the engine: what these headers declare, and what the engine does with it. Each hook's
 * object carries it, and the types of the contract, in its BTF; both are checked before the object is linked (core/probe/hook-headers.ts).
 */
#ifndef RETIS_ABI_H
#define RETIS_ABI_H

#include <retis/record.h>
#include <retis/context.h>

enum retis_abi {
	/* Raised when a hook that was compiled before would no longer work. */
	RETIS_ABI_MAJOR = 1,
	/* Raised when something is added: an engine runs hooks of its own minor version, and of earlier ones. */
	RETIS_ABI_MINOR = 0,
};

/* Takes four bytes; the other members take none, but are in BTF with all of theirs. */
struct retis_abi_types {
	enum retis_abi version;
	struct retis_context context[0];
	struct retis_probe probe[0];
	struct retis_event event[0];
	struct retis_section_header section_header[0];
	enum retis_filter_flags filter_flags[0];
	enum retis_arg_position arg_position[0];
};

/* Declares the version that a hook is compiled with; RETIS_HOOK and RETIS_CONTEXT_HOOK do. */
#define RETIS_DECLARE_ABI(hook)                                                                                        \
	const volatile struct retis_abi_types hook##_abi SEC(".rodata") = { .version = RETIS_ABI_MAJOR }

#endif
