/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* Input of packet filter functions. Their code is generated when a run starts (core/filter). */
#ifndef RETIS_FILTER_H
#define RETIS_FILTER_H

#include <retis/kernel.h>

/* Header bytes that are copied before the filter runs; the filter reads further bytes itself. */
#define RETIS_FILTER_HEADERS 192

struct retis_filter_input {
	/* Kernel address of the first header byte. */
	u64 data;
	/* Bytes of the packet from there on, and how many of them are readable: the linear area. */
	u32 length;
	u32 linear;
	/* Bytes at the start of `headers` that are valid; at most RETIS_FILTER_HEADERS. */
	u32 copied;
	/* Bytes that were inserted into `headers` (an offloaded VLAN tag): byte n of the packet is at data + n - inserted. */
	u32 inserted;
	/* For generated code: the verifier forgets what it knew about a number that is stored here and read back. */
	u64 scratch;
	/* For `inbound` and `outbound`: PACKET_OUTGOING of linux/if_packet.h or another value; see retis_packet_type(). */
	u32 packet_type;
	u32 reserved;
	/* Last, so that generated code needs one register for all members. */
	u8 headers[RETIS_FILTER_HEADERS];
};

#endif
