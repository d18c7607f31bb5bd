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

/* Where an id is computed. These can interrupt each other on a CPU, so each has memory of its own. */
enum ovs_place {
	/* Bottom halves are disabled. */
	OVS_UPCALL_PLACE,
	OVS_COMMAND_PLACE,
	/* The packet is in memory of user space. */
	OVS_DAEMON_PLACE,
	OVS_PLACES,
};

struct ovs_headers {
	u8 bytes[OVS_HEADERS];
	/* Counts uses: another thread may have taken this one's turn meanwhile. */
	volatile u32 turn;
	/* Bytes that count. From here it is any number to the verifier, which need not follow each way it was found. */
	volatile u32 length;
};

/* Too large for the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, OVS_PLACES);
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
 * Id of a packet of `length` bytes, the first `readable` of which are at `data`. Packets of different network namespaces have
 * different ids, as each namespace has a datapath of its own. 0 when they cannot be read.
 */
static __always_inline u32 ovs_packet_id(const void *data, u32 length, u32 readable, u64 net, u32 place)
{
	struct ovs_headers *headers = bpf_map_lookup_elem(&ovs_scratch, &place);
	bool user = place == OVS_DAEMON_PLACE;
	const u32 *words = (const u32 *)headers;
	u32 a, b, c, turn;
	u64 size = readable;

	if (!headers)
		return 0;
	turn = ++headers->turn;
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
	b += net;
	c += net >> 32;
#pragma unroll
	for (int i = 0; i < OVS_HEADERS / 12; i++) {
		a += words[3 * i];
		b += words[3 * i + 1];
		c += words[3 * i + 2];
		ovs_mix(&a, &b, &c);
		/*
		 * Computed now: left for later, all words would be kept on the stack, of which there are 512 bytes for a probe with
		 * what it calls.
		 */
		asm volatile("" : "+r"(a), "+r"(b), "+r"(c));
	}
	if (headers->turn != turn)
		return 0;
	return c ? c : 1;
}

#endif
