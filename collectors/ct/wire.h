/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* What the ct collector sends. */
#ifndef CT_WIRE_H
#define CT_WIRE_H

#include <retis/kernel.h>

/* section.ts names the values of these enums; user space reads the numbers from BTF. */

/* What a tuple has beside addresses. Those up to CT_SCTP are known to the original tool. */
enum ct_form {
	CT_TCP = 1,
	CT_UDP = 2,
	CT_ICMP = 3,
	CT_SCTP = 4,
	CT_ICMPV6 = 5,
	CT_GRE = 6,
	CT_OTHER = 7,
} __attribute__((packed));

/* One direction of a connection. */
struct ct_tuple {
	/* 16 bytes, or the first 4 of them, in network order. */
	u8 src[16];
	u8 dst[16];
	/* SCTP: verification tag of this direction. */
	u32 vtag;
	/* Ports; the id of an echo in the first; the keys of GRE. */
	u16 source;
	u16 destination;
	u8 icmp_type;
	u8 icmp_code;
	/* 4 or 6. */
	u8 ip_version;
	enum ct_form form;
	u8 protonum;
	u8 reserved[3];
};

/* Without PRESENT_CONNECTION there is no connection at all, without PRESENT_TUPLES only a template. */
enum ct_present {
	PRESENT_CONNECTION = 1,
	PRESENT_TUPLES = 2,
	PRESENT_MARK = 4,
	PRESENT_LABELS = 8,
} __attribute__((packed));

struct ct_connection {
	u64 status;
	u64 labels_low;
	u64 labels_high;
	struct ct_tuple orig;
	struct ct_tuple reply;
	u32 mark;
	u16 zone_id;
	/* protocol << 8 | state within the protocol; 0 for protocols without. */
	u16 proto_state;
	/* Bit 0: the zone applies to the original direction, bit 1: to replies. */
	u8 zone_dir;
	enum ct_present present;
	u8 reserved[6];
};

struct ct_section {
	struct ct_connection base;
	/* enum ip_conntrack_info */
	u8 state;
	u8 reserved[7];
	/* The connection that expected this one; sent only when there is one. */
	struct ct_connection parent[];
};

#endif
