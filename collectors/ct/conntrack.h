/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/*
 * Connections in the kernel, with the members that the ct collector reads. Sources:
 * include/net/netfilter/nf_conntrack.h, nf_conntrack_tuple.h, nf_conntrack_zones.h, nf_conntrack_extend.h,
 * nf_conntrack_labels.h; include/linux/netfilter/nf_conntrack_tcp.h, nf_conntrack_sctp.h.
 */
#ifndef CT_CONNTRACK_H
#define CT_CONNTRACK_H

#include <retis/kernel.h>

/* skb->_nfct: a pointer to struct nf_conn, with enum ip_conntrack_info in its lowest bits. */
#define CT_STATE_MASK 7ul
/* include/uapi/linux/netfilter/nf_conntrack_common.h: an entry that only carries settings for the packet. */
#define IPS_TEMPLATE (1 << 11)
/* include/uapi/linux/netfilter.h */
enum { NFPROTO_UNSPEC = 0, NFPROTO_IPV4 = 2, NFPROTO_IPV6 = 10 };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

union nf_inet_addr___ct {
	__u32 all[4];
};

/* `all` overlays what the protocols keep here: ports, the id of an echo, the keys of GRE. */
struct nf_conntrack_tuple___ct {
	struct {
		union nf_inet_addr___ct u3;
		union {
			__be16 all;
		} u;
		__u16 l3num;
	} src;
	struct {
		union nf_inet_addr___ct u3;
		union {
			__be16 all;
			struct {
				__u8 type, code;
			} icmp;
		} u;
		__u8 protonum;
		__u8 dir;
	} dst;
};

struct nf_conntrack_tuple_hash___ct {
	struct nf_conntrack_tuple___ct tuple;
};

struct nf_conntrack_zone___ct {
	__u16 id;
	__u8 dir;
};

enum nf_ct_ext_id___ct {
	NF_CT_EXT_LABELS___ct = 0,
};

struct nf_ct_ext___ct {
	__u8 offset[1];
};

struct nf_conn_labels___ct {
	unsigned long bits[2];
};

struct ip_ct_tcp___ct {
	__u8 state;
};

enum sctp_conntrack___ct {
	SCTP_CONNTRACK_NONE___ct = 0,
};

struct ip_ct_sctp___ct {
	enum sctp_conntrack___ct state;
	__be32 vtag[2];
};

union nf_conntrack_proto___ct {
	struct ip_ct_tcp___ct tcp;
	struct ip_ct_sctp___ct sctp;
};

struct nf_conn___ct {
	/* CONFIG_NF_CONNTRACK_ZONES */
	struct nf_conntrack_zone___ct zone;
	struct nf_conntrack_tuple_hash___ct tuplehash[2];
	unsigned long status;
	struct nf_conn___ct *master;
	/* CONFIG_NF_CONNTRACK_MARK */
	__u32 mark;
	struct nf_ct_ext___ct *ext;
	union nf_conntrack_proto___ct proto;
};

#pragma clang attribute pop

#endif
