/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/*
 * A function body that user space fills with generated code before linking: `goto +0` as often as there is room, then
 * exit. Generated code takes the end of the room, so what stays in front of it is executed once, costs nothing (the
 * verifier removes such jumps) and leaves no unreachable instruction, which the verifier would refuse.
 */
#ifndef RETIS_FILTER_ROOM_H
#define RETIS_FILTER_ROOM_H

/* Instructions of room, the final exit included; core/filter finds the function by its symbol and takes its size. */
#define RETIS_ROOM                                                                                                     \
	asm volatile("r0 = 0\n"                                                                                        \
		     ".rept 4093\n"                                                                                    \
		     "goto +0\n"                                                                                       \
		     ".endr\n"                                                                                         \
		     "exit\n")

#endif
