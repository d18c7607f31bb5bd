/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/*
 * What the packet filter reads: the headers of the skb, or, for an skb that has none yet, headers made from the addresses
 * of its socket.
 */
#ifndef RETIS_FILTER_INPUT_H
#define RETIS_FILTER_INPUT_H

#include "core.h"

#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define AF_NETLINK 16

#define IPPROTO_TCP 6
#define IPPROTO_UDP 17

/* include/uapi/linux/if_packet.h */
#define PACKET_OUTGOING 4

/*
 * The direction for `inbound` and `outbound`. The kernel marks as outgoing only what packet sockets get; what it is about to
 * transmit has other marks. So: an skb without a link-layer header was made here, and one whose data begins with it is
 * about to be transmitted, as drivers pull the header of what they receive. A device without such headers says nothing:
 * there, an skb with a socket that was never received is outgoing.
 */
static __always_inline u32 retis_packet_type(const struct sk_buff *skb)
{
	if (!retis_mac_set(skb))
		return PACKET_OUTGOING;
	if (retis_mac_data(skb) ? skb->data == skb->head + skb->mac_header : skb->sk && !skb->skb_iif)
		return PACKET_OUTGOING;
	return BPF_CORE_READ_BITFIELD(skb, pkt_type);
}

/*
 * Copies the headers for the packet filter. For an expression about VLAN tags, a tag that the kernel keeps in the skb is
 * inserted where it is on the wire; other expressions see the packet without it, as in a libpcap capture.
 */
static __always_inline void retis_copy_headers(struct retis_filter_input *input, const struct sk_buff *skb, bool l2)
{
	u32 offset = l2 ? skb->mac_header : skb->network_header;
	/* Headers before `data` were pulled, but belong to the packet: lengths count from the header. */
	u32 pulled = (u32)((u64)skb->data - (u64)skb->head) - offset;
	u64 size;

	input->data = (u64)skb->head + offset;
	input->length = skb->len + pulled;
	input->linear = skb->len - skb->data_len + pulled;
	input->inserted = 0;
	if (retis_filter_direction)
		input->packet_type = retis_packet_type(skb);
	size = input->linear;
	asm volatile("" : "+r"(size));
	if (retis_filter_vlan && l2 && retis_vlan_tagged(skb) && size >= 12) {
		if (size > RETIS_FILTER_HEADERS - 4)
			size = RETIS_FILTER_HEADERS - 4;
		bpf_probe_read_kernel(input->headers + 4, size, (void *)input->data);
		__builtin_memmove(input->headers, input->headers + 4, 12);
		*(u16 *)(input->headers + 12) = skb->vlan_proto;
		*(u16 *)(input->headers + 14) = bpf_htons(skb->vlan_tci);
		input->inserted = 4;
		input->length += 4;
		input->linear += 4;
		input->copied = size + 4;
		return;
	}
	if (size > RETIS_FILTER_HEADERS)
		size = RETIS_FILTER_HEADERS;
	bpf_probe_read_kernel(input->headers, size, (void *)input->data);
	input->copied = size;
}

/* The socket of an skb: its own, else the probe's argument, as the skbs in TCP's queues have none. */
static __always_inline const struct sock *retis_socket(const struct retis_context *ctx, const struct retis_event *event,
						       const struct sk_buff *skb)
{
	return skb->sk ? skb->sk : (const struct sock *)retis_register(event, retis_position(ctx, RETIS_SLOT_SOCK));
}

/* Headers as an skb of this socket will get them: addresses, ports and protocol. Returns false for other families. */
static __always_inline bool retis_make_headers(struct retis_filter_input *input, const struct sk_buff *skb,
					       const struct sock *sk, u16 family)
{
	u16 protocol = BPF_CORE_READ(sk, sk_protocol);
	u8 *headers = input->headers;
	u32 network = 20;
	u8 *transport = headers + 20;
	u32 mapped[3] = {};

	__builtin_memset(headers, 0, 60);
	if (family == AF_INET6 && bpf_core_field_exists(sk->__sk_common.skc_v6_daddr))
		bpf_core_read(mapped, sizeof(mapped), &sk->__sk_common.skc_v6_daddr);
	if (family == AF_INET || (family == AF_INET6 && !mapped[0] && !mapped[1] && mapped[2] == bpf_htonl(0xffff))) {
		headers[0] = 0x45;
		*(u16 *)(headers + 2) = bpf_htons(skb->len + 20 + (protocol == IPPROTO_TCP ? 20 : 8));
		headers[9] = protocol;
		bpf_core_read(headers + 12, 4, &sk->__sk_common.skc_rcv_saddr);
		bpf_core_read(headers + 16, 4, &sk->__sk_common.skc_daddr);
	} else if (family == AF_INET6 && bpf_core_field_exists(sk->__sk_common.skc_v6_daddr)) {
		headers[0] = 0x60;
		*(u16 *)(headers + 4) = bpf_htons(skb->len + (protocol == IPPROTO_TCP ? 20 : 8));
		headers[6] = protocol;
		bpf_core_read(headers + 8, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_core_read(headers + 24, 16, &sk->__sk_common.skc_v6_daddr);
		network = 40;
		transport = headers + 40;
	} else {
		return false;
	}
	input->linear = network;
	if (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP) {
		*(u16 *)transport = bpf_htons(BPF_CORE_READ(sk, __sk_common.skc_num));
		*(u16 *)(transport + 2) = BPF_CORE_READ(sk, __sk_common.skc_dport);
		if (protocol == IPPROTO_TCP)
			transport[12] = 0x50;
		input->linear += protocol == IPPROTO_TCP ? 20 : 8;
	}
	input->data = 0;
	input->inserted = 0;
	input->copied = input->linear;
	input->length = input->linear + skb->len;
	if (retis_filter_direction)
		input->packet_type = PACKET_OUTGOING;
	return true;
}

#endif
