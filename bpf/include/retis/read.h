/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/*
 * Reading members of kernel objects. Where the kernel knows the type of a pointer (bpf_rdonly_cast(), Linux 6.2), a program
 * loads them itself, and an address that cannot be read yields 0. Elsewhere each pointer on the way costs the call of a helper,
 * many times as long.
 *
 *	const struct sock *sk = RETIS_POINTER(struct sock, skb->sk);
 *	u16 family = RETIS_READ(sk, __sk_common.skc_family);
 */
#ifndef RETIS_READ_H
#define RETIS_READ_H

#include <retis/kernel.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

/* Whether members are loaded without a helper; the engine sets it. */
extern const volatile bool retis_direct_reads;
/* It does not change, so a hook that reads it once knows it. The engine itself has a value for it, which is not the one of the run. */
#ifndef RETIS_DIRECT_READS
#define RETIS_DIRECT_READS (*(const bool *)&retis_direct_reads)
#endif

/* The pointer, as one to an object of the kernel's type with this id. */
void *retis_pointer(const void *object, u32 type);

/* A pointer for RETIS_READ(); the address may be any. The type must exist in every kernel that runs this. */
#define RETIS_POINTER(type, address)                                                                                   \
	((type *)retis_pointer((const void *)(address), bpf_core_type_id_kernel(__typeof_unqual__(type))))

/*
 * Like BPF_CORE_READ(), from a pointer that RETIS_POINTER() made: RETIS_READ(sk, sk_cgrp_data.cgroup, kn, id). Pointers on the
 * way need no RETIS_POINTER(). Not for bitfields.
 */
#define RETIS_READ(pointer, ...)                                                                                       \
	(RETIS_DIRECT_READS ? ___arrow((pointer), __VA_ARGS__) : BPF_CORE_READ((pointer), __VA_ARGS__))

/*
 * Copies a member that is an array, or a struct without pointers: RETIS_READ_WORDS(to, &device->name). `to` is an array of u64 that
 * fills the member. Zeroes where the address cannot be read.
 */
#define RETIS_READ_WORDS(to, member)                                                                                   \
	({                                                                                                             \
		const u64 *from = (const void *)__builtin_preserve_access_index(member);                               \
		u32 word;                                                                                              \
                                                                                                                       \
		if (RETIS_DIRECT_READS) {                                                                              \
			_Pragma("unroll") for (word = 0; word < sizeof(to) / sizeof(u64); word++)(to)[word] =          \
				*(const volatile u64 *)&from[word];                                                    \
		} else if (bpf_probe_read_kernel((to), sizeof(to), from)) {                                            \
			__builtin_memset((to), 0, sizeof(to));                                                         \
		}                                                                                                      \
	})

#endif
