// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* Reports the connection that the packet belongs to, as netfilter tracks it. */
#include <retis/hook.h>
#include "conntrack.h"
#include "wire.h"

#define IPPROTO_ICMP 1
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_GRE 47
#define IPPROTO_ICMPV6 58
#define IPPROTO_SCTP 132

/* `ct` has what the original tool can describe and its readers expect, `other` the rest. */
RETIS_SECTION(ct, ct, struct ct_section);
RETIS_SECTION(ct, other, struct ct_section);

/* Holds a copy of struct nf_conntrack_tuple, which has 40 bytes. */
struct tuple_copy {
	u64 bytes[6];
};

/* A connection, with its tuple of the original direction. */
struct found_connection {
	const struct nf_conn___ct *ct;
	u64 status;
	struct tuple_copy original;
};

static __always_inline bool copy_tuple(struct tuple_copy *copy, const struct nf_conn___ct *ct, bool reply)
{
	const void *tuple = reply ? __builtin_preserve_access_index(&ct->tuplehash[1].tuple)
				  : __builtin_preserve_access_index(&ct->tuplehash[0].tuple);
	u32 size = bpf_core_type_size(struct nf_conntrack_tuple___ct);

	if (size > sizeof(*copy))
		size = sizeof(*copy);
	return bpf_probe_read_kernel(copy, size, tuple) == 0;
}

/*
 * False if this is not a connection: the pointer of a packet that was freed before the probe may lead to reused memory.
 */
static __always_inline bool find_connection(struct found_connection *found, const struct nf_conn___ct *ct)
{
	const struct nf_conntrack_tuple___ct *tuple = (const void *)&found->original;
	u16 family;

	found->ct = ct;
	found->status = BPF_CORE_READ(ct, status);
	if (!copy_tuple(&found->original, ct, false) || tuple->dst.dir != 0)
		return false;
	family = tuple->src.l3num;
	return family == NFPROTO_IPV4 || family == NFPROTO_IPV6 ||
	       (family == NFPROTO_UNSPEC && found->status & IPS_TEMPLATE);
}

static __always_inline bool is_template(const struct found_connection *found)
{
	return ((const struct nf_conntrack_tuple___ct *)&found->original)->src.l3num == NFPROTO_UNSPEC;
}

static __always_inline u8 form_of(u8 protonum)
{
	switch (protonum) {
	case IPPROTO_TCP:
		return CT_TCP;
	case IPPROTO_UDP:
		return CT_UDP;
	case IPPROTO_ICMP:
		return CT_ICMP;
	case IPPROTO_ICMPV6:
		return CT_ICMPV6;
	case IPPROTO_SCTP:
		return CT_SCTP;
	case IPPROTO_GRE:
		return CT_GRE;
	default:
		return CT_OTHER;
	}
}

static __always_inline bool is_known_to_original(const struct found_connection *found)
{
	const struct nf_conntrack_tuple___ct *tuple = (const void *)&found->original;

	return !is_template(found) && form_of(tuple->dst.protonum) <= CT_SCTP;
}

static __always_inline void read_tuple(struct ct_tuple *out, const struct tuple_copy *copy)
{
	const struct nf_conntrack_tuple___ct *tuple = (const void *)copy;

	__builtin_memcpy(out->src, &tuple->src.u3, sizeof(out->src));
	__builtin_memcpy(out->dst, &tuple->dst.u3, sizeof(out->dst));
	out->ip_version = tuple->src.l3num == NFPROTO_IPV4 ? 4 : 6;
	out->protonum = tuple->dst.protonum;
	out->form = form_of(out->protonum);
	out->source = bpf_ntohs(tuple->src.u.all);
	if (out->form == CT_ICMP || out->form == CT_ICMPV6) {
		out->icmp_type = tuple->dst.u.icmp.type;
		out->icmp_code = tuple->dst.u.icmp.code;
	} else {
		out->destination = bpf_ntohs(tuple->dst.u.all);
	}
}

static __always_inline void read_protocol(struct ct_connection *out, const struct nf_conn___ct *ct)
{
	__be32 vtag[2] = {};

	if (out->orig.form == CT_TCP) {
		out->proto_state = IPPROTO_TCP << 8 | BPF_CORE_READ(ct, proto.tcp.state);
	} else if (out->orig.form == CT_SCTP && bpf_core_field_exists(ct->proto.sctp)) {
		out->proto_state = IPPROTO_SCTP << 8 | (u8)BPF_CORE_READ(ct, proto.sctp.state);
		bpf_core_read(&vtag, sizeof(vtag), &ct->proto.sctp.vtag);
		out->orig.vtag = bpf_ntohl(vtag[0]);
		out->reply.vtag = bpf_ntohl(vtag[1]);
	}
}

/* Labels are an extension: `ext` has the offset of each kind in a byte, 0 if it is absent. */
static __always_inline void read_labels(struct ct_connection *out, const struct nf_conn___ct *ct)
{
	struct nf_ct_ext___ct *ext;
	u64 labels[2] = {};
	u8 offset = 0;

	if (!bpf_core_enum_value_exists(enum nf_ct_ext_id___ct, NF_CT_EXT_LABELS___ct))
		return;
	ext = BPF_CORE_READ(ct, ext);
	if (!ext)
		return;
	bpf_probe_read_kernel(&offset, sizeof(offset),
			      (void *)__builtin_preserve_access_index(&ext->offset) +
				      bpf_core_enum_value(enum nf_ct_ext_id___ct, NF_CT_EXT_LABELS___ct));
	if (!offset)
		return;
	bpf_core_read(&labels, sizeof(labels), &((struct nf_conn_labels___ct *)((void *)ext + offset))->bits);
	if (!labels[0] && !labels[1])
		return;
	out->labels_low = labels[0];
	out->labels_high = labels[1];
	out->present |= PRESENT_LABELS;
}

static __always_inline void read_connection(struct ct_connection *out, struct found_connection *found)
{
	const struct nf_conn___ct *ct = found->ct;

	out->status = found->status;
	out->present = PRESENT_CONNECTION;
	if (bpf_core_field_exists(ct->zone)) {
		out->zone_id = BPF_CORE_READ(ct, zone.id);
		out->zone_dir = BPF_CORE_READ(ct, zone.dir);
	}
	if (bpf_core_field_exists(ct->mark)) {
		out->mark = BPF_CORE_READ(ct, mark);
		out->present |= PRESENT_MARK;
	}
	read_labels(out, ct);
	if (is_template(found))
		return;
	read_tuple(&out->orig, &found->original);
	/* The copy is no longer needed. */
	copy_tuple(&found->original, ct, true);
	read_tuple(&out->reply, &found->original);
	out->present |= PRESENT_TUPLES;
	read_protocol(out, ct);
}

RETIS_HOOK(ct, RETIS_ALL_FILTERS)
{
	const struct sk_buff *skb = retis_skb_basics(ctx, event);
	const struct nf_conn___ct *ct, *master = NULL;
	struct found_connection own = {}, parent = {};
	const u32 room = sizeof(struct ct_connection);
	bool known_to_original = false, expected = false;
	struct ct_section *section;

	if (!skb || !skb->_nfct)
		return 0;
	/* NULL for an untracked packet. */
	ct = (const void *)(skb->_nfct & ~CT_STATE_MASK);
	if (ct) {
		if (!find_connection(&own, ct))
			return 0;
		master = BPF_CORE_READ(ct, master);
		expected = master && find_connection(&parent, master);
		known_to_original = is_known_to_original(&own) && (!expected || is_known_to_original(&parent));
	}
	section = known_to_original ? retis_section_with(ct, ct, struct ct_section, room)
				    : retis_section_with(ct, other, struct ct_section, room);
	if (!section)
		return 0;
	section->state = skb->_nfct & CT_STATE_MASK;
	if (ct)
		read_connection(&section->base, &own);
	if (expected) {
		__builtin_memset(section->parent, 0, room);
		read_connection(section->parent, &parent);
	}
	retis_section_used(section, room, expected ? room : 0);
	return 0;
}
