/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/*
 * The queue id, by which a packet is known again when it comes back from user space: a hash of its length and its headers as
 * user space has them, up to 8 bytes after the IP header. Further bytes of a large packet may not be where they can be
 * read, and what checksum offload, segmentation and VLAN offload leave open is settled before the copy for user space is
 * made. Both sides must call the same function.
 */
#ifndef OVS_PACKET_ID_H
#define OVS_PACKET_ID_H

#include <retis/hook.h>

/* The longest headers: Ethernet, two VLAN tags, IPv4 with options, 8 bytes; rounded up to what one round hashes. */
#define OVS_HEADERS 96
/* Of what is not IP. */
#define OVS_OTHER_HEADERS 64

struct ovs_headers {
	u8 bytes[OVS_HEADERS];
	/* Bytes that count. From here it is any number to the verifier, which need not follow each way it was found. */
	volatile u32 length;
};

/* Too large for the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct ovs_headers);
} ovs_scratch __weak SEC(".maps");

#define OVS_ROTATE(word, bits) (((word) << (bits)) | ((word) >> (32 - (bits))))

/* __jhash_mix of include/linux/jhash.h (Bob Jenkins' lookup3). */
static __always_inline void ovs_mix(u32 *a, u32 *b, u32 *c)
{
	*a -= *c;
	*a ^= OVS_ROTATE(*c, 4);
	*c += *b;
	*b -= *a;
	*b ^= OVS_ROTATE(*a, 6);
	*a += *c;
	*c -= *b;
	*c ^= OVS_ROTATE(*b, 8);
	*b += *a;
	*a -= *c;
	*a ^= OVS_ROTATE(*c, 16);
	*c += *b;
	*b -= *a;
	*b ^= OVS_ROTATE(*a, 19);
	*a += *c;
	*c -= *b;
	*c ^= OVS_ROTATE(*b, 4);
	*b += *a;
}

/* Bytes of the headers that count, at most OVS_HEADERS. */
static __always_inline u32 ovs_headers_length(const u8 *bytes)
{
	const u8 *type = bytes + 12;
	u32 tags = 0;

#pragma unroll
	for (int i = 0; i < 2; i++) {
		u16 ethertype = (u16)type[0] << 8 | type[1];

		if (ethertype == 0x8100 || ethertype == 0x88a8) {
			type += 4;
			tags += 4;
		}
	}
	if (type[0] == 0x08 && type[1] == 0x00)
		return 14 + tags + (type[2] & 0xf) * 4 + 8;
	if (type[0] == 0x86 && type[1] == 0xdd)
		return 14 + tags + 40 + 8;
	return OVS_OTHER_HEADERS;
}

static __always_inline bool ovs_read(void *to, u32 size, const void *from, bool user)
{
	return (user ? bpf_probe_read_user(to, size, from) : bpf_probe_read_kernel(to, size, from)) == 0;
}

/*
 * Id of a packet of `length` bytes, the first `readable` of which are at `data`, in memory of the kernel or of user space. 0 when
 * they cannot be read.
 */
static __always_inline u32 ovs_packet_id(const void *data, u32 length, u32 readable, bool user)
{
	u32 zero = 0;
	struct ovs_headers *headers = bpf_map_lookup_elem(&ovs_scratch, &zero);
	const u32 *words = (const u32 *)headers;
	u32 a, b, c;
	u64 size = readable;

	if (!headers)
		return 0;
	/* Keep the bound on the register that is used. */
	asm volatile("" : "+r"(size));
	if (size > OVS_HEADERS)
		size = OVS_HEADERS;
	asm volatile("" : "+r"(size));
	__builtin_memset(headers->bytes, 0, sizeof(headers->bytes));
	if (!ovs_read(headers->bytes, size, data, user))
		return 0;
	/* Only now it is known how many bytes count. */
	headers->length = ovs_headers_length(headers->bytes);
	size = headers->length;
	if (size > readable)
		size = readable;
	__builtin_memset(headers->bytes, 0, sizeof(headers->bytes));
	headers->length = size;
	size = headers->length;
	asm volatile("" : "+r"(size));
	if (size > OVS_HEADERS || !ovs_read(headers->bytes, size, data, user))
		return 0;
	a = b = c = 0xdeadbeef + length;
#pragma unroll
	for (int i = 0; i < OVS_HEADERS / 12; i++) {
		a += words[3 * i];
		b += words[3 * i + 1];
		c += words[3 * i + 2];
		ovs_mix(&a, &b, &c);
	}
	return c ? c : 1;
}

#endif
