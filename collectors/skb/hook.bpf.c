// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* Reports the packet's bytes and, on request, metadata of the skb. */
#include <retis/hook.h>
#include <retis/skb.h>
#include "wire.h"

/* Upper limit of --skb-snaplen. */
#define SNAPLEN_MAX 2048
#define ETH_HLEN 14
#define IPV4_HLEN 20
#define IPV6_HLEN 40
#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86dd

RETIS_SECTION(skb, packet, struct skb_packet);
RETIS_SECTION(skb, skb, struct skb_metadata);
/* --skb-sections: PRESENT_META, PRESENT_DATA_REF, PRESENT_GSO. */
RETIS_CONST(skb, enum skb_present, sections, 0);
RETIS_CONST(skb, u32, snaplen, 255);

/* Ethertype of the network header, network order; derived from the header if skb->protocol is not set. */
static __always_inline u16 network_protocol(const struct sk_buff *skb)
{
	u8 first = 0;
	int distance;

	if (skb->protocol)
		return skb->protocol;
	if (!retis_transport_data(skb))
		return 0;
	bpf_probe_read_kernel(&first, 1, skb->head + skb->network_header);
	distance = (int)skb->transport_header - (int)skb->network_header;
	if (first >> 4 == 4 && distance == (first & 15) * 4 && distance >= IPV4_HLEN)
		return bpf_htons(ETH_P_IP);
	if (first >> 4 == 6 && distance >= IPV6_HLEN)
		return bpf_htons(ETH_P_IPV6);
	return 0;
}

static __always_inline void capture(struct retis_event *event, const struct sk_buff *skb, bool synthetic)
{
	u32 snaplen = retis_const(skb, snaplen);
	int headroom = (u64)skb->data - (u64)skb->head;
	int linear = skb->len - skb->data_len;
	u32 header = synthetic ? skb->network_header : skb->mac_header;
	u32 prefix = synthetic ? ETH_HLEN : 0;
	int offset = (int)header - headroom;
	struct skb_packet *packet;
	u16 protocol = 0;
	u64 size;

	/* Fully paged: nothing to read at `head`, even if older headers sit before `data`. */
	if (linear == 0 || linear - offset <= 0 || (synthetic && !retis_network_data(skb)))
		return;
	if (synthetic && !(protocol = network_protocol(skb)))
		return;
	packet = retis_section_with(skb, packet, struct skb_packet, SNAPLEN_MAX);
	if (!packet)
		return;
	size = (u32)(linear - offset);
	if (size > snaplen - prefix)
		size = snaplen - prefix;
	/* Bound the register that is used: the verifier of 5.10 loses the bounds of copies. */
	asm volatile("" : "+r"(size));
	if (size > SNAPLEN_MAX - ETH_HLEN)
		size = SNAPLEN_MAX - ETH_HLEN;
	packet->len = skb->len - offset + prefix;
	packet->capture_len = size + prefix;
	if (synthetic) {
		packet->flags = PACKET_SYNTHETIC_ETH;
		__builtin_memset(packet->data, 0, ETH_HLEN - 2);
		packet->data[12] = protocol;
		packet->data[13] = protocol >> 8;
		bpf_probe_read_kernel(packet->data + ETH_HLEN, size, skb->head + header);
	} else {
		bpf_probe_read_kernel(packet->data, size, skb->head + header);
	}
	retis_section_used(packet, SNAPLEN_MAX, size + prefix);
}

static __always_inline void read_vlan(struct skb_metadata *out, const struct sk_buff *skb)
{
	out->vlan_proto = bpf_ntohs(skb->vlan_proto);
	out->vlan_pcp = skb->vlan_tci >> 13;
	out->vlan_dei = skb->vlan_tci >> 12 & 1;
	out->vlan_vid = skb->vlan_tci & 0xfff;
}

static __always_inline void read_meta(struct skb_metadata *out, const struct sk_buff *skb)
{
	out->len = skb->len;
	out->data_len = skb->data_len;
	out->hash = skb->hash;
	out->csum = skb->csum;
	out->priority = skb->priority;
	out->mark = skb->mark;
	out->queue_mapping = skb->queue_mapping;
	out->ip_summed = BPF_CORE_READ_BITFIELD(skb, ip_summed);
	out->csum_level = BPF_CORE_READ_BITFIELD(skb, csum_level);
}

static __always_inline void read_references(struct skb_metadata *out, const struct sk_buff *skb,
					    struct skb_shared_info *shared)
{
	u32 references;

	out->nohdr = BPF_CORE_READ_BITFIELD(skb, nohdr);
	out->cloned = BPF_CORE_READ_BITFIELD(skb, cloned);
	out->fclone = BPF_CORE_READ_BITFIELD(skb, fclone);
	out->users = skb->users.refs.counter;
	references = RETIS_READ(shared, dataref.counter);
	out->dataref = references;
	out->payload_refs = references >> 16;
}

static __always_inline void read_gso(struct skb_metadata *out, struct skb_shared_info *shared)
{
	if (bpf_core_field_exists(shared->flags))
		out->gso_flags = RETIS_READ(shared, flags);
	out->gso_frags = RETIS_READ(shared, nr_frags);
	out->gso_segs = RETIS_READ(shared, gso_segs);
	out->gso_type = RETIS_READ(shared, gso_type);
}

/* `basics` is enough to find out whether there is anything to report. */
static __always_inline void metadata(struct retis_context *ctx, struct retis_event *event, const struct sk_buff *basics,
				     bool synthetic)
{
	u32 sections = retis_const(skb, sections);
	/* Of an skb without headers, as in TCP's queues, there is nothing else to report. */
	u32 wanted = !synthetic || retis_network_data(basics) ? sections : sections | PRESENT_META;
	u32 present = wanted & (PRESENT_META | PRESENT_DATA_REF);
	bool vlan = retis_vlan_tagged(basics);
	struct skb_shared_info *shared;
	const struct sk_buff *skb;
	struct skb_metadata *out;
	u32 gso_size;

	if (!wanted && !vlan)
		return;
	skb = retis_skb(ctx, event);
	if (!skb)
		return;
	shared = RETIS_POINTER(struct skb_shared_info, skb->head + skb->end);
	gso_size = sections & PRESENT_GSO ? RETIS_READ(shared, gso_size) : 0;
	if (vlan)
		present |= PRESENT_VLAN;
	if (gso_size)
		present |= PRESENT_GSO;
	if (!present)
		return;
	out = retis_section(skb, skb, struct skb_metadata);
	if (!out)
		return;
	out->present = present;
	if (vlan)
		read_vlan(out, skb);
	if (wanted & PRESENT_META)
		read_meta(out, skb);
	if (sections & PRESENT_DATA_REF)
		read_references(out, skb, shared);
	out->gso_size = gso_size;
	if (gso_size)
		read_gso(out, shared);
}

RETIS_HOOK(skb, RETIS_ALL_FILTERS)
{
	const struct sk_buff *skb = retis_skb_basics(ctx, event);
	bool synthetic;

	if (!skb)
		return 0;
	/* Without a link-layer header one is made up. */
	synthetic = !retis_mac_data(skb);
	capture(event, skb, synthetic);
	metadata(ctx, event, skb, synthetic);
	return 0;
}
