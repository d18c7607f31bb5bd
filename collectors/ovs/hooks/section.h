/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* The section `ovs`: one struct for all kinds of events, of which each uses a part. */
#ifndef OVS_SECTION_H
#define OVS_SECTION_H

#include <retis/hook.h>

enum ovs_event_type {
	OVS_UPCALL,
	OVS_UPCALL_ENQUEUE,
	OVS_UPCALL_RETURN,
	OVS_RECV_UPCALL,
	OVS_FLOW_OPERATION,
	OVS_ACTION_EXECUTE,
	OVS_FLOW_LOOKUP,
};

/* Which members mean something in an event; known to schema.ts by these names. */
enum ovs_present {
	PRESENT_CPU = 1 << 0,
	PRESENT_CMD = 1 << 1,
	PRESENT_UPCALL = 1 << 2,
	PRESENT_RET = 1 << 3,
	PRESENT_RECEIVED = 1 << 4,
	PRESENT_OPERATION = 1 << 5,
	PRESENT_BATCH = 1 << 6,
	PRESENT_QUEUE_ID = 1 << 7,
	PRESENT_LOOKUP = 1 << 8,
	PRESENT_ACTION = 1 << 9,
	/* What `value` is. */
	PRESENT_PORT = 1 << 10,
	PRESENT_RECIRC = 1 << 11,
	PRESENT_REASON = 1 << 12,
	PRESENT_METER = 1 << 13,
	PRESENT_MAX_LEN = 1 << 14,
	PRESENT_PROBABILITY = 1 << 15,
	PRESENT_PKT_LEN = 1 << 16,
	PRESENT_GROUP = 1 << 17,
	PRESENT_UPCALL_PORT = 1 << 18,
	/* What else an action has. */
	PRESENT_HASH = 1 << 19,
	PRESENT_KEY = 1 << 20,
	PRESENT_VLAN = 1 << 21,
	PRESENT_ETHERTYPE = 1 << 22,
	PRESENT_MPLS = 1 << 23,
	PRESENT_ETHERNET = 1 << 24,
	PRESENT_CT = 1 << 25,
	PRESENT_NAT = 1 << 26,
	PRESENT_SET = 1 << 27,
	PRESENT_NSH = 1 << 28,
};

/* Bits of `ct_flags`, as in files. */
enum ovs_ct_flags {
	OVS_CT_COMMIT = 1 << 0,
	OVS_CT_FORCE = 1 << 1,
	OVS_CT_IPV4 = 1 << 2,
	OVS_CT_IPV6 = 1 << 3,
	OVS_CT_NAT = 1 << 4,
	OVS_CT_NAT_SRC = 1 << 5,
	OVS_CT_NAT_DST = 1 << 6,
	OVS_CT_ADDRESSES = 1 << 7,
	OVS_CT_PORTS = 1 << 8,
	OVS_CT_RANDOM = 1 << 9,
	OVS_CT_PERSISTENT = 1 << 10,
	OVS_CT_FULLY_RANDOM = 1 << 11,
};

struct ovs_nat {
	u8 min_addr[16];
	u8 max_addr[16];
	/* Network byte order. */
	u16 min_port;
	u16 max_port;
	enum ovs_ct_flags flags;
	/* 4 or 6. */
	u8 ip_version;
	u8 reserved[3];
};

/* Bytes of the longest header that is set, that of IPv6, in words. */
#define OVS_SET_WORDS 5

/* Key of a tunnel, which has no number that stays. */
#define OVS_SET_TUNNEL 0xffff

/* What set and set_masked write. */
struct ovs_set {
	/* OVS_KEY_ATTR_..., or OVS_SET_TUNNEL. */
	u64 key;
	/* As in struct ovs_key_...; of a tunnel: its id, source, destination, 16 bytes each for both addresses. */
	union {
		u64 value[OVS_SET_WORDS];
		struct {
			u64 value0;
			u64 value1;
			u64 value2;
			u64 value3;
			u64 value4;
		};
	};
	/* Of a tunnel: TOS, TTL, bit 0 of the third byte for IPv6. */
	union {
		u64 mask[OVS_SET_WORDS];
		struct {
			u64 mask0;
			u64 mask1;
			u64 mask2;
			u64 mask3;
			u64 mask4;
		};
	};
};

/* Network service header (RFC 8300) that push_nsh adds. */
struct ovs_nsh {
	u32 spi;
	u32 context[4];
	u8 si;
	u8 flags;
	u8 ttl;
	u8 mdtype;
	u8 np;
	u8 reserved[3];
};

struct ovs_detail {
	union {
		struct ovs_nat nat;
		struct ovs_set set;
		struct ovs_nsh nsh;
	};
};

struct ovs_section {
	/* Upcalls: when the packet was handed up. Operations: when the batch began. Lookups: the flow. */
	u64 upcall_ts;
	/* Lookups: the flow's actions. Received upcalls: bytes of the key. */
	u64 sf_acts;
	enum ovs_present present;
	/* What `present` says it is. */
	u32 value;
	u32 queue_id;
	u32 upcall_cpu;
	u32 recirc_id;
	s32 ret;
	u32 ct_flags;
	/* Lookups: the flow's id, zero without one. push_eth: both addresses. */
	union {
		u32 ufid[4];
		struct {
			u8 eth_src[6];
			u8 eth_dst[6];
		};
		struct {
			u32 hash_alg;
			u32 hash_basis;
		};
		struct {
			u32 mpls_label;
			u8 mpls_tc;
			u8 mpls_bos;
			u8 mpls_ttl;
			u8 mpls_reserved;
		};
	};
	union {
		u32 n_mask_hit;
		u32 recv_type;
	};
	union {
		u32 n_cache_hit;
		u32 pkt_size;
	};
	u16 zone_id;
	/* Network byte order. */
	u16 ethertype;
	u16 key;
	u16 vlan_vid;
	u16 action;
	u8 vlan_pcp;
	u8 event_type;
	u8 cmd;
	u8 op_type;
	u8 batch_idx;
	/* `detail` begins where the struct ends. */
	u8 reserved[5];
	/* Only with PRESENT_NAT, PRESENT_SET or PRESENT_NSH. */
	struct ovs_detail detail[];
};

RETIS_SECTION(ovs, ovs, struct ovs_section);

/* Appends the section; NULL when the record is full. */
static __always_inline struct ovs_section *ovs_append(struct retis_event *event, enum ovs_event_type type, u32 present)
{
	struct ovs_section *section = retis_section(ovs, ovs, struct ovs_section);

	if (!section)
		return NULL;
	section->event_type = type;
	section->present = present;
	return section;
}

/* The same for an action that has more than fits. */
static __always_inline struct ovs_section *ovs_append_detailed(struct retis_event *event, u32 present)
{
	struct ovs_section *section = retis_section_with(ovs, ovs, struct ovs_section, sizeof(struct ovs_detail));

	if (!section)
		return NULL;
	section->event_type = OVS_ACTION_EXECUTE;
	section->present = PRESENT_ACTION | present;
	__builtin_memset(section->detail, 0, sizeof(section->detail[0]));
	return section;
}

#endif
