/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/*
 * Building one record. A record is a series of sections, each on an 8-byte boundary: header, payload, padding. It is built
 * in per-CPU scratch memory and sent with its exact length: events that a filter rejects reserve nothing in the ring, and
 * short events take little of it.
 */
#ifndef RETIS_RECORD_H
#define RETIS_RECORD_H

#include <retis/kernel.h>
#include <retis/filter.h>
#include <bpf/bpf_helpers.h>

/* Largest record, bytes. A section that does not fit is left out and counted. */
#define RETIS_RECORD_MAX 4096
/* Entries of retis_event.args: the arguments, then those of enum retis_arg_position. */
#define RETIS_ARGS_MAX 16
/* Bytes for a copy of struct sk_buff, whose size depends on the kernel configuration (about 232 bytes). */
#define RETIS_SKB_COPY 256

/* Little endian: retis_append() writes it at once. */
struct retis_section_header {
	u16 size;
	u8 owner;
	u8 reserved0;
	u32 reserved1;
};

/* Scratch of one probe hit. One of a few per CPU: an interrupt that hits a probe while another hit is being built takes
 * the next one. */
struct retis_event {
	u32 busy;
	/* Bytes of `data` used. */
	u32 length;
	/* Sections left out because they did not fit. */
	u32 overflows;
	/* Whether `skb` has been filled. */
	u32 skb_copied;
	u64 args[RETIS_ARGS_MAX];
	struct retis_filter_input filter;
	u8 skb[RETIS_SKB_COPY];
	u8 data[RETIS_RECORD_MAX];
};

/*
 * Appends a section of `size` bytes (a compile-time constant) for `owner`, its first `zeroed` bytes zero; NULL when it
 * does not fit. Hooks use retis_section() of hook.h, which knows the owner and the size.
 */
static __always_inline void *retis_append(struct retis_event *event, u8 owner, const u32 size, const u32 zeroed)
{
	const u32 whole = sizeof(struct retis_section_header) + ((size + 7) & ~7u);
	struct retis_section_header *header;
	u64 at = event->length;

	if (at > RETIS_RECORD_MAX - whole) {
		event->overflows++;
		return NULL;
	}
	/* Check the register that the address is computed from: clang would read it again or narrow it. */
	asm volatile("" : "+r"(at));
	if (at > RETIS_RECORD_MAX - whole)
		return NULL;
	header = __builtin_assume_aligned((void *)event->data + at, sizeof(u64));
	*(u64 *)header = size | (u64)owner << (8 * __builtin_offsetof(struct retis_section_header, owner));
	__builtin_memset(header + 1, 0, (zeroed + 7) & ~7u);
	event->length = at + whole;
	return header + 1;
}

/* Shortens the section that was appended last to `size` payload bytes (for a trailing array). */
static __always_inline void retis_shorten(struct retis_event *event, void *payload, u32 full, u32 size)
{
	struct retis_section_header *header = payload - sizeof(*header);

	header->size = size;
	event->length -= ((full + 7) & ~7u) - ((size + 7) & ~7u);
}

#endif
