/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/*
 * The body of a function that user space replaces by generated code before linking (core/filter/filter-slot.ts): the code is put
 * at its start, then function and section are cut to the code's length. The function is alone in its section and all of
 * its body is one statement, so no debug information refers to what is cut off.
 */
#ifndef RETIS_FILTER_SLOT_H
#define RETIS_FILTER_SLOT_H

/* Room for 4096 instructions. Not a naked function: of those clang drops the parameters' names, which BTF must have. */
#define RETIS_FILTER_SLOT                                                                                              \
	asm volatile(".rept 4096\n"                                                                                    \
		     "exit\n"                                                                                          \
		     ".endr\n");                                                                                       \
	__builtin_unreachable()

#endif
