/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* What the actions of the datapath do, from their netlink attributes (include/uapi/linux/openvswitch.h). */
#ifndef OVS_ACTIONS_H
#define OVS_ACTIONS_H

#include "openvswitch.h"
#include "section.h"

/* Number of the kernel's own action set_to_masked, which moves when actions are added; 0: it has none. */
RETIS_CONST(ovs, u32, set_to_masked, 0);

#define OVS_NESTED_MAX 4

/* Payload of the first nested attribute of a type; NULL for none. */
static __always_inline const void *ovs_nested(const void *payload, u32 size, u16 type)
{
	struct ovs_attribute attribute;
	u32 at = 0;

#pragma unroll
	for (int i = 0; i < OVS_NESTED_MAX; i++) {
		if (at + sizeof(attribute) > size ||
		    bpf_probe_read_kernel(&attribute, sizeof(attribute), payload + at) ||
		    attribute.length < sizeof(attribute))
			return NULL;
		if ((attribute.type & OVS_ATTRIBUTE_TYPE) == type)
			return payload + at + sizeof(attribute);
		at += (attribute.length + 3) & ~3;
	}
	return NULL;
}

static __always_inline void ovs_value(struct ovs_section *section, u32 what, const void *from)
{
	if (!from || bpf_probe_read_kernel(&section->value, sizeof(section->value), from))
		return;
	section->present |= what;
}

/* What goes into the tunnel's header. */
static __always_inline void ovs_set_tunnel(struct ovs_set *set, const struct ovs_tunnel_info *tunnel)
{
	const struct metadata_dst *destination = BPF_CORE_READ(tunnel, tun_dst);
	u8 *more = (u8 *)set->mask;

	set->key = OVS_SET_TUNNEL;
	set->value[0] = BPF_CORE_READ(destination, u.tun_info.key.tun_id);
	more[0] = BPF_CORE_READ(destination, u.tun_info.key.tos);
	more[1] = BPF_CORE_READ(destination, u.tun_info.key.ttl);
	if (BPF_CORE_READ(destination, u.tun_info.mode) & OVS_TUNNEL_IPV6) {
		more[2] = 1;
		bpf_core_read(&set->value[1], 16, &destination->u.tun_info.key.u.ipv6.src);
		bpf_core_read(&set->value[3], 16, &destination->u.tun_info.key.u.ipv6.dst);
	} else {
		set->value[1] = BPF_CORE_READ(destination, u.tun_info.key.u.ipv4.src);
		set->value[3] = BPF_CORE_READ(destination, u.tun_info.key.u.ipv4.dst);
	}
}

/* New fields, followed by their mask. Returns whether that failed. */
static __always_inline bool ovs_read_masked(struct ovs_set *set, u32 size, const void *from)
{
	return bpf_probe_read_kernel(set->value, size, from) || bpf_probe_read_kernel(set->mask, size, from + size);
}

/* Nested attribute: which header is set, its new fields, and of a masked one which bits of them. */
static __always_inline void ovs_set(struct ovs_section *section, bool masked, const void *payload)
{
	struct ovs_set *set = &section->detail[0].set;
	struct ovs_attribute attribute;
	bool failed = true;

	if (bpf_probe_read_kernel(&attribute, sizeof(attribute), payload) || attribute.length < sizeof(attribute))
		return;
	payload += sizeof(attribute);
	section->key = attribute.type & OVS_ATTRIBUTE_TYPE;
	section->present |= PRESENT_KEY;
	/* The kernel turns all others into masked ones. */
	if (!masked) {
		ovs_set_tunnel(set, payload);
		section->present |= PRESENT_SET;
		return;
	}
	set->key = section->key;
	/* Sizes of all that can be set, as constants: 6.1 forgets the bound of a register when half of it is copied. */
	switch ((attribute.length - sizeof(attribute)) / 2) {
	case 4:
		failed = ovs_read_masked(set, 4, payload);
		break;
	case 12:
		failed = ovs_read_masked(set, 12, payload);
		break;
	case 40:
		failed = ovs_read_masked(set, 40, payload);
		break;
	}
	if (failed)
		return;
	section->present |= PRESENT_SET;
}

/* One nested attribute, which nests struct ovs_nsh_key_base, and context headers of fixed length. */
static __always_inline void ovs_push_nsh(struct ovs_section *section, const void *payload, u32 size)
{
	const void *nested = payload + sizeof(struct ovs_attribute);
	const void *base = ovs_nested(nested, size - sizeof(struct ovs_attribute), OVS_NSH_BASE);
	const void *context = ovs_nested(nested, size - sizeof(struct ovs_attribute), OVS_NSH_MD1);
	struct ovs_nsh *nsh = &section->detail[0].nsh;
	struct {
		u8 flags;
		u8 ttl;
		u8 mdtype;
		u8 np;
		u32 path;
	} fields;

	if (!base || bpf_probe_read_kernel(&fields, sizeof(fields), base))
		return;
	nsh->flags = fields.flags;
	nsh->ttl = fields.ttl;
	nsh->mdtype = fields.mdtype;
	nsh->np = fields.np;
	nsh->spi = bpf_ntohl(fields.path) >> 8;
	nsh->si = bpf_ntohl(fields.path);
	if (context && bpf_probe_read_kernel(nsh->context, sizeof(nsh->context), context) == 0)
		for (int i = 0; i < 4; i++)
			nsh->context[i] = bpf_ntohl(nsh->context[i]);
	section->present |= PRESENT_NSH;
}

/* struct ovs_action_push_vlan: TPID and TCI, network byte order. */
static __always_inline void ovs_push_vlan(struct ovs_section *section, const void *payload)
{
	u16 fields[2], tci;

	if (bpf_probe_read_kernel(fields, sizeof(fields), payload))
		return;
	tci = bpf_ntohs(fields[1]);
	section->ethertype = fields[0];
	section->vlan_vid = tci & 0xfff;
	/* The bit between both only says that there is a tag. */
	section->vlan_pcp = tci >> 13;
	section->present |= PRESENT_VLAN | PRESENT_ETHERTYPE;
}

/* struct ovs_action_push_mpls, ovs_action_add_mpls: label stack entry (RFC 3032), EtherType. */
static __always_inline void ovs_push_mpls(struct ovs_section *section, const void *payload)
{
	struct {
		u32 entry;
		u16 ethertype;
		u16 reserved;
	} fields;
	u32 entry;

	if (bpf_probe_read_kernel(&fields, 6, payload))
		return;
	entry = bpf_ntohl(fields.entry);
	section->ethertype = fields.ethertype;
	section->mpls_label = entry >> 12;
	section->mpls_tc = entry >> 9 & 7;
	section->mpls_bos = entry >> 8 & 1;
	section->mpls_ttl = entry;
	section->present |= PRESENT_MPLS | PRESENT_ETHERTYPE;
}

static __always_inline void ovs_pop_mpls(struct ovs_section *section, const void *payload)
{
	if (bpf_probe_read_kernel(&section->ethertype, sizeof(section->ethertype), payload) == 0)
		section->present |= PRESENT_ETHERTYPE;
}

static __always_inline u32 ovs_nat_flags(u32 nat, u32 range)
{
	return (nat ? OVS_CT_NAT : 0) | (nat & OVS_NAT_SRC ? OVS_CT_NAT_SRC : 0) |
	       (nat & OVS_NAT_DST ? OVS_CT_NAT_DST : 0) | (range & OVS_RANGE_ADDRESSES ? OVS_CT_ADDRESSES : 0) |
	       (range & OVS_RANGE_PORTS ? OVS_CT_PORTS : 0) | (range & OVS_RANGE_RANDOM ? OVS_CT_RANDOM : 0) |
	       (range & OVS_RANGE_PERSISTENT ? OVS_CT_PERSISTENT : 0) |
	       (range & OVS_RANGE_FULLY_RANDOM ? OVS_CT_FULLY_RANDOM : 0);
}

/* The kernel keeps a struct in place of the attributes that it was given. */
static __always_inline u32 ovs_ct_flags(const struct ovs_conntrack_info *info)
{
	u32 flags = (BPF_CORE_READ_BITFIELD_PROBED(info, commit) ? OVS_CT_COMMIT : 0) |
		    (BPF_CORE_READ_BITFIELD_PROBED(info, force) ? OVS_CT_FORCE : 0);
	u16 family = BPF_CORE_READ(info, family);

	if (family == 2)
		flags |= OVS_CT_IPV4;
	if (family == 10)
		flags |= OVS_CT_IPV6;
	if (bpf_core_field_exists(info->nat))
		flags |= ovs_nat_flags(BPF_CORE_READ_BITFIELD_PROBED(info, nat), BPF_CORE_READ(info, range.flags));
	return flags;
}

static __always_inline void ovs_nat(struct ovs_nat *nat, const struct ovs_conntrack_info *info, u32 flags)
{
	__builtin_memset(nat, 0, sizeof(*nat));
	nat->flags = flags;
	nat->ip_version = flags & OVS_CT_IPV6 ? 6 : 4;
	if (!bpf_core_field_exists(info->nat))
		return;
	BPF_CORE_READ_INTO(&nat->min_addr, info, range.min_addr);
	BPF_CORE_READ_INTO(&nat->max_addr, info, range.max_addr);
	BPF_CORE_READ_INTO(&nat->min_port, info, range.min_proto);
	BPF_CORE_READ_INTO(&nat->max_port, info, range.max_proto);
}

/* What the number is that some actions have and nothing else; 0 for other actions. */
static __always_inline u32 ovs_number_of(u32 action)
{
	switch (action) {
	case OVS_OUTPUT:
		return PRESENT_PORT;
	case OVS_RECIRC:
		return PRESENT_RECIRC;
	case OVS_DROP:
		return PRESENT_REASON;
	case OVS_METER:
		return PRESENT_METER;
	case OVS_TRUNC:
		return PRESENT_MAX_LEN;
	case OVS_USERSPACE:
		return PRESENT_UPCALL_PORT;
	case OVS_PSAMPLE:
		return PRESENT_GROUP;
	}
	return 0;
}

/* Reads what an action has, except for those with details. */
static __always_inline void ovs_read_action(struct ovs_section *section, u32 action, const void *payload, u32 size)
{
	const void *argument = payload + sizeof(struct ovs_attribute);
	u32 number = ovs_number_of(action);

	if (number & (PRESENT_UPCALL_PORT | PRESENT_GROUP))
		payload = ovs_nested(payload, size, number == PRESENT_GROUP ? OVS_PSAMPLE_GROUP : OVS_USERSPACE_PID);
	if (number)
		return ovs_value(section, number, payload);

	switch (action) {
	case OVS_SAMPLE:
		section->value = BPF_CORE_READ((const struct sample_arg *)argument, probability);
		section->present |= PRESENT_PROBABILITY;
		return;
	case OVS_CHECK_PKT_LEN:
		section->value = BPF_CORE_READ((const struct check_pkt_len_arg *)argument, pkt_len);
		section->present |= PRESENT_PKT_LEN;
		return;
	case OVS_HASH:
		if (bpf_probe_read_kernel(&section->hash_alg, 2 * sizeof(u32), payload) == 0)
			section->present |= PRESENT_HASH;
		return;
	case OVS_PUSH_ETH:
		if (bpf_probe_read_kernel(section->eth_src, 12, payload) == 0)
			section->present |= PRESENT_ETHERNET;
		return;
	case OVS_PUSH_VLAN:
		return ovs_push_vlan(section, payload);
	case OVS_PUSH_MPLS:
	case OVS_ADD_MPLS:
		return ovs_push_mpls(section, payload);
	case OVS_POP_MPLS:
		return ovs_pop_mpls(section, payload);
	}
}

#endif
