/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/*
 * Types of the module openvswitch, with the members that are read. Sources: net/openvswitch/datapath.h, flow.h, flow_table.h,
 * conntrack.c, actions.c; include/uapi/linux/openvswitch.h; include/uapi/linux/netfilter/nf_nat.h.
 */
#ifndef OVS_OPENVSWITCH_H
#define OVS_OPENVSWITCH_H

#include <retis/hook.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct datapath {
	possible_net_t net;
};

struct dp_upcall_info {
	u32 portid;
	u8 cmd;
};

struct sw_flow_key {
	u32 recirc_id;
};

struct sw_flow_id {
	u32 ufid_len;
	/* One of both; without a length there is a pointer instead. */
	u32 ufid[4];
};

struct sw_flow_actions;

struct sw_flow {
	struct sw_flow_id id;
	struct sw_flow_actions *sf_acts;
};

struct nf_conntrack_zone {
	u16 id;
};

union nf_inet_addr {
	u32 all[4];
};

union nf_conntrack_man_proto {
	u16 all;
};

struct nf_nat_range2 {
	unsigned int flags;
	union nf_inet_addr min_addr;
	union nf_inet_addr max_addr;
	union nf_conntrack_man_proto min_proto;
	union nf_conntrack_man_proto max_proto;
};

/* What the kernel makes of the action ct; `nat` and `range` only with CONFIG_NF_NAT. */
struct ovs_conntrack_info {
	struct nf_conntrack_zone zone;
	u8 commit : 1;
	u8 nat : 3;
	u8 force : 1;
	u16 family;
	struct nf_nat_range2 range;
};

/* First nested attributes of the actions sample and check_pkt_len, made by the kernel. */
struct sample_arg {
	u32 probability;
};

struct check_pkt_len_arg {
	u16 pkt_len;
};

/* What the kernel makes of the action set of a tunnel. */
struct ip_tunnel_key {
	u64 tun_id;
	union {
		struct {
			u32 src;
			u32 dst;
		} ipv4;
		struct {
			struct in6_addr src;
			struct in6_addr dst;
		} ipv6;
	} u;
	u8 tos;
	u8 ttl;
};

struct ip_tunnel_info {
	struct ip_tunnel_key key;
	u8 mode;
};

struct metadata_dst {
	union {
		struct ip_tunnel_info tun_info;
	} u;
};

struct ovs_tunnel_info {
	struct metadata_dst *tun_dst;
};

#pragma clang attribute pop

/* IP_TUNNEL_INFO_IPV6 */
#define OVS_TUNNEL_IPV6 2

/* include/uapi/linux/netlink.h */
struct ovs_attribute {
	u16 length;
	u16 type;
};
/* NLA_TYPE_MASK: without the flags nested and network byte order. */
#define OVS_ATTRIBUTE_TYPE 0x3fff

/* Numbers of actions, which are ABI. */
enum {
	OVS_OUTPUT = 1,
	OVS_USERSPACE = 2,
	OVS_SET = 3,
	OVS_PUSH_VLAN = 4,
	OVS_SAMPLE = 6,
	OVS_RECIRC = 7,
	OVS_HASH = 8,
	OVS_PUSH_MPLS = 9,
	OVS_POP_MPLS = 10,
	OVS_SET_MASKED = 11,
	OVS_CT = 12,
	OVS_TRUNC = 13,
	OVS_PUSH_ETH = 14,
	OVS_PUSH_NSH = 17,
	OVS_METER = 19,
	OVS_CHECK_PKT_LEN = 21,
	OVS_ADD_MPLS = 22,
	OVS_DROP = 24,
	OVS_PSAMPLE = 25,
};

/* ... and of their nested attributes. */
enum { OVS_USERSPACE_PID = 1, OVS_PSAMPLE_GROUP = 1, OVS_NSH_BASE = 1, OVS_NSH_MD1 = 2 };

/* enum ovs_ct_nat in net/openvswitch/conntrack.c */
enum { OVS_NAT = 1, OVS_NAT_SRC = 2, OVS_NAT_DST = 4 };

/* NF_NAT_RANGE_... */
enum {
	OVS_RANGE_ADDRESSES = 1,
	OVS_RANGE_PORTS = 2,
	OVS_RANGE_RANDOM = 4,
	OVS_RANGE_PERSISTENT = 8,
	OVS_RANGE_FULLY_RANDOM = 16,
};

#endif
