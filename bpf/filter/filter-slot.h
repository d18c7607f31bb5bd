/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/*
 * Body of a function that user space patches with generated code before linking (core/filter/filter-slot.ts): the code
 * goes to its start, then function and section are cut to the length of the code. The function is alone in its section and
 * its body is one statement, so no debug information refers to what is cut off.
 */
#ifndef RETIS_FILTER_SLOT_H
#define RETIS_FILTER_SLOT_H

/* 4096 instructions. Not a naked function: clang drops the parameter names of those, which BTF must have. */
#define RETIS_FILTER_SLOT                                                                                              \
	asm volatile(".rept 4096\n"                                                                                    \
		     "exit\n"                                                                                          \
		     ".endr\n");                                                                                       \
	__builtin_unreachable()

#endif
