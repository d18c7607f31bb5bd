/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/*
 * Which headers of an skb hold data. Offsets are relative to skb->head; all ones means unset (include/linux/skbuff.h:
 * skb_mac_header_was_set). A header that was merely reset to where the next layer starts holds none.
 */
#ifndef RETIS_SKB_H
#define RETIS_SKB_H

#include <retis/kernel.h>

#define RETIS_UNSET 0xffff

static __always_inline bool retis_mac_set(const struct sk_buff *skb)
{
	return skb->mac_header != RETIS_UNSET;
}

static __always_inline bool retis_network_set(const struct sk_buff *skb)
{
	return skb->network_header && skb->network_header != RETIS_UNSET;
}

static __always_inline bool retis_transport_set(const struct sk_buff *skb)
{
	return skb->transport_header && skb->transport_header != RETIS_UNSET;
}

/* A link-layer header is there: not so on an L3 device, where MAC and network header coincide. */
static __always_inline bool retis_mac_data(const struct sk_buff *skb)
{
	return retis_mac_set(skb) &&
	       !(retis_network_set(skb) && skb->network_header == skb->mac_header && skb->mac_len == 0);
}

static __always_inline bool retis_network_data(const struct sk_buff *skb)
{
	return retis_network_set(skb) &&
	       !(retis_mac_set(skb) && skb->mac_header == skb->network_header && skb->mac_len != 0);
}

static __always_inline bool retis_transport_data(const struct sk_buff *skb)
{
	return retis_transport_set(skb) &&
	       !(retis_network_set(skb) && skb->network_header == skb->transport_header);
}

#endif
