/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* Whose socket it is: user and control group. */
#ifndef RETIS_SOCK_H
#define RETIS_SOCK_H

#include <retis/kernel.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

struct kernfs_node___retis {
	u64 id;
} __attribute__((preserve_access_index));

struct cgroup___retis {
	struct kernfs_node___retis *kn;
} __attribute__((preserve_access_index));

struct sock_cgroup_data___retis_pointer {
	struct cgroup___retis *cgroup;
} __attribute__((preserve_access_index));

struct sock___retis_pointer {
	struct sock_cgroup_data___retis_pointer sk_cgrp_data;
} __attribute__((preserve_access_index));

/* Before 5.15 the word holds the pointer, or with one of the two lowest bits set what controllers of version 1 keep there. */
struct sock_cgroup_data___retis_word {
	u64 val;
} __attribute__((preserve_access_index));

struct sock___retis_word {
	struct sock_cgroup_data___retis_word sk_cgrp_data;
} __attribute__((preserve_access_index));

struct sock___retis_uid {
	struct {
		u32 val;
	} sk_uid;
} __attribute__((preserve_access_index));

/* Of connections that are being opened or are over, the kernel keeps less than a struct sock (include/net/tcp_states.h). */
static __always_inline bool retis_sock_is_full(const struct sock *sk)
{
	u8 state = BPF_CORE_READ(sk, __sk_common.skc_state);

	return state != 6 /* TCP_TIME_WAIT */ && state != 12 /* TCP_NEW_SYN_RECV */;
}

/* See sock_cgroup_ptr() of include/linux/cgroup.h. NULL is the root as well. */
static __always_inline struct cgroup___retis *retis_sock_cgroup_pointer(const struct sock *sk)
{
	const struct sock___retis_pointer *with_pointer = (const void *)sk;
	const struct sock___retis_word *with_word = (const void *)sk;
	u64 word;

	if (bpf_core_field_exists(with_pointer->sk_cgrp_data.cgroup))
		return BPF_CORE_READ(with_pointer, sk_cgrp_data.cgroup);
	if (!bpf_core_field_exists(with_word->sk_cgrp_data.val))
		return NULL;
	word = BPF_CORE_READ(with_word, sk_cgrp_data.val);
	return word & 3 ? NULL : (struct cgroup___retis *)word;
}

/* Id of the control group (version 2) of a socket; 0 if there is none. */
static __always_inline u64 retis_sock_cgroup(const struct sock *sk)
{
	struct cgroup___retis *cgroup = retis_sock_is_full(sk) ? retis_sock_cgroup_pointer(sk) : NULL;

	return cgroup ? BPF_CORE_READ(cgroup, kn, id) : 0;
}

/* User id of the owner of a socket; 0, root's, also where the kernel does not keep it. */
static __always_inline u32 retis_sock_uid(const struct sock *sk)
{
	return retis_sock_is_full(sk) ? BPF_CORE_READ((const struct sock___retis_uid *)sk, sk_uid.val) : 0;
}

#endif
