/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* What the skb-drop collector sends. */
#ifndef SKB_DROP_WIRE_H
#define SKB_DROP_WIRE_H

#include <retis/kernel.h>

/* The socket that a packet was for. */
struct skb_drop_socket {
	/* Id of its cgroup, 0 without one. */
	u64 cgroup;
	/* IPv4 addresses are in the first four bytes. */
	u8 local[16];
	u8 remote[16];
	u16 local_port;
	u16 remote_port;
	u16 family;
	u16 protocol;
	u8 state;
	/* 4, 6, or 0 for other families, which have no addresses here. */
	u8 version;
	u8 reserved[6];
};

struct skb_drop_section {
	/* Where in the kernel's code, 0 when unknown. */
	u64 location;
	/* subsystem << 16 | reason (include/net/dropreason.h); -1 on kernels without drop reasons. */
	s32 reason;
	u32 reserved;
	struct skb_drop_socket socket[];
};

#endif
