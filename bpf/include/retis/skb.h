/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/*
 * Which headers of an skb hold data. Offsets are relative to skb->head; all ones means unset (include/linux/skbuff.h:
 * skb_mac_header_was_set). A header that was only reset to where the next layer starts holds none.
 */
#ifndef RETIS_SKB_H
#define RETIS_SKB_H

#include <retis/kernel.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define RETIS_UNSET 0xffff

static __always_inline bool retis_mac_set(const struct sk_buff *skb)
{
	return skb->mac_header != RETIS_UNSET;
}

static __always_inline bool retis_network_set(const struct sk_buff *skb)
{
	u16 network = skb->network_header;

	return network && network != RETIS_UNSET;
}

static __always_inline bool retis_transport_set(const struct sk_buff *skb)
{
	u16 transport = skb->transport_header;

	return transport && transport != RETIS_UNSET;
}

/* Whether there is a link-layer header: not on an L3 device, where MAC and network header coincide. */
static __always_inline bool retis_mac_data(const struct sk_buff *skb)
{
	u16 mac = skb->mac_header;

	return mac != RETIS_UNSET && !(mac && mac == skb->network_header && skb->mac_len == 0);
}

static __always_inline bool retis_network_data(const struct sk_buff *skb)
{
	u16 network = skb->network_header;

	return network && network != RETIS_UNSET && !(network == skb->mac_header && skb->mac_len != 0);
}

static __always_inline bool retis_transport_data(const struct sk_buff *skb)
{
	u16 transport = skb->transport_header;

	return transport && transport != RETIS_UNSET && transport != skb->network_header;
}

/* The device, or NULL: in TCP's queues, where an skb has no header yet, links of a tree are in its place. */
static __always_inline struct net_device *retis_skb_device(const struct sk_buff *skb)
{
	return retis_mac_set(skb) || retis_network_set(skb) ? skb->dev : NULL;
}

/* Whether the skb has a VLAN tag in its metadata, not in the bytes of the packet. */
static __always_inline bool retis_vlan_tagged(const struct sk_buff *skb)
{
	struct sk_buff___vlan_present *until_6_1 = (void *)skb;
	struct sk_buff___vlan_all *since_6_2 = (void *)skb;

	if (bpf_core_field_exists(until_6_1->vlan_present))
		return BPF_CORE_READ_BITFIELD(until_6_1, vlan_present);
	if (bpf_core_field_exists(since_6_2->vlan_all))
		return since_6_2->vlan_all != 0;
	return false;
}

#endif
