/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* What the skb collector sends. */
#ifndef SKB_WIRE_H
#define SKB_WIRE_H

#include <retis/kernel.h>

/* section.ts names the values of these enums; user space reads the numbers from BTF. */

enum skb_packet_flags {
	/* The Ethernet header is made up: the skb has only a network header. */
	PACKET_SYNTHETIC_ETH = 1,
} __attribute__((packed));

struct skb_packet {
	u32 len;
	u32 capture_len;
	enum skb_packet_flags flags;
	u8 reserved0[3];
	u32 reserved1;
	u8 data[];
};

/* Parts of the metadata that are there. */
enum skb_present { PRESENT_VLAN = 1, PRESENT_META = 2, PRESENT_DATA_REF = 4, PRESENT_GSO = 8 };

struct skb_metadata {
	enum skb_present present;
	u16 vlan_proto;
	u16 vlan_vid;
	u8 vlan_pcp;
	u8 vlan_dei;
	u8 ip_summed;
	u8 csum_level;
	u32 len;
	u32 data_len;
	u32 hash;
	u32 csum;
	u32 priority;
	u8 nohdr;
	u8 cloned;
	u8 fclone;
	u8 gso_flags;
	u32 users;
	/* The halves of skb_shared_info.dataref: all references, and references to the payload only. */
	u16 dataref;
	u16 payload_refs;
	u8 gso_frags;
	u8 reserved;
	u16 queue_mapping;
	u32 gso_size;
	u32 gso_segs;
	u32 gso_type;
	u32 mark;
};

#endif
