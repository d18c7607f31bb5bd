/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* What filter functions are given. Their code is generated when a run starts (core/filter). */
#ifndef RETIS_FILTER_H
#define RETIS_FILTER_H

#include <retis/kernel.h>

/* Bytes of the packet's headers that are copied before the filter runs; further ones are read when asked for. */
#define RETIS_FILTER_HEADERS 192

struct retis_filter_input {
	/* Kernel address of the first header byte. */
	u64 data;
	/* Bytes of the packet from there on, and those of them that can be read: the linear area. */
	u32 length;
	u32 linear;
	/* Bytes at the start of `headers` that are valid; at most RETIS_FILTER_HEADERS. */
	u32 copied;
	/* Bytes that were inserted into `headers` (an offloaded VLAN tag): byte n of the packet is at data + n - inserted. */
	u32 inserted;
	/* For generated code: what is read back from here is any number to the verifier, whatever it knew when it was stored. */
	u64 scratch;
	/* The headers, behind the fixed part, so that generated code needs one register for all of it. */
	u8 headers[RETIS_FILTER_HEADERS];
};

#endif
