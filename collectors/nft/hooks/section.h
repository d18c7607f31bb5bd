/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* The section of a rule, the same for all kernels. */
#ifndef NFT_SECTION_H
#define NFT_SECTION_H

#include "nf-tables.h"

/* NFT_NAME_MAXLEN, with the NUL, and how many names there are. */
#define NFT_NAME 256
#define NFT_NAMES 3

struct nft_section {
	s64 table_handle;
	/* 0 if the chain was not found. */
	s64 chain_handle;
	/* 0 if the verdict is not that of a rule: a policy, or the end of a chain. */
	s64 rule_handle;
	/*
	 * For user space to find the text of the rule: in which network namespace, when, and in which generation of its rules.
	 * The cookie is unique until reboot, the inode number is not; a cookie or generation of 0 is not known.
	 */
	u64 cookie;
	u64 time;
	u32 netns;
	u32 generation;
	s32 verdict;
	/* Only of a queue verdict. */
	u16 queue;
	/* Offsets in `names`. The chain of a jump or goto is present only if its offset is not 0. */
	u16 table_at;
	u16 chain_at;
	u16 verdict_chain_at;
	u8 policy;
	u8 reserved[3];
	char names[];
};

/* The names of the section, and where the next one goes. */
struct nft_names {
	char *names;
	u64 end;
};

RETIS_SECTION(nft, nft, struct nft_section);

/* Address of the number by which struct net_generic has nf_tables; 0 where it is not needed or not known. */
RETIS_CONST(nft, u64, net_id_at, 0);
/* struct net has a plain 64-bit cookie (5.12); before, it was an atomic, set on demand. */
RETIS_CONST(nft, bool, has_cookie, false);

/* It changes with each transaction, so with whatever may change a rule. 0: not known. */
static __always_inline u32 nft_generation(const struct net *net)
{
	const struct net___with_rules *with_rules = (const void *)net;
	const struct nftables_pernet *rules = NULL;
	const void *const *pointers;
	unsigned int id = 0;

	if (bpf_core_field_exists(with_rules->nft.base_seq))
		return BPF_CORE_READ(with_rules, nft.base_seq);
	if (!bpf_core_field_exists(rules->base_seq) || !retis_const(nft, net_id_at))
		return 0;
	bpf_probe_read_kernel(&id, sizeof(id), (void *)retis_const(nft, net_id_at));
	pointers = (const void *const *)BPF_CORE_READ(with_rules, gen);
	if (!id || bpf_probe_read_kernel(&rules, sizeof(rules), pointers + id))
		return 0;
	return BPF_CORE_READ(rules, base_seq);
}

static __always_inline void nft_set_rule(struct nft_section *section, const void *rule)
{
	if (!rule)
		return;
	if (!bpf_core_type_exists(struct nft_rule_dp))
		section->rule_handle = BPF_CORE_READ_BITFIELD_PROBED((const struct nft_rule *)rule, handle);
	else if (!BPF_CORE_READ_BITFIELD_PROBED((const struct nft_rule_dp *)rule, is_last))
		section->rule_handle = BPF_CORE_READ_BITFIELD_PROBED((const struct nft_rule_dp *)rule, handle);
}

/* Appends a name, an empty one if it cannot be read; returns its offset. */
static __always_inline u16 nft_add_name(struct nft_names *names, const char *name)
{
	u64 at = names->end;
	s64 length;

	/* The verifier must know the bounds of the register that the address is computed from. */
	asm volatile("" : "+r"(at));
	if (at > (NFT_NAMES - 1) * NFT_NAME)
		return 0;
	length = bpf_probe_read_kernel_str(names->names + at, NFT_NAME, name);
	if (length <= 0) {
		names->names[at] = 0;
		length = 1;
	}
	names->end = at + length;
	return at;
}

static __always_inline void nft_set_namespace(struct retis_context *ctx, struct nft_section *section,
					      const struct net *net)
{
	section->time = retis_timestamp(ctx);
	section->netns = BPF_CORE_READ(net, ns.inum);
	section->generation = nft_generation(net);
	if (retis_const(nft, has_cookie))
		section->cookie = BPF_CORE_READ(net, net_cookie);
}

/* `chain` and `rule` may be NULL: reads from there give 0. */
static __always_inline int nft_report(struct retis_context *ctx, struct retis_event *event,
				      const struct nft_table *table, const struct nft_chain *chain, const void *rule)
{
	s32 code = nft_code(ctx, event);
	const struct nft_pktinfo *packet = nft_packet(ctx, event);
	struct nft_section *section;
	struct nft_names names = {};

	if (!table || !(section = retis_section_with(nft, nft, struct nft_section, NFT_NAMES * NFT_NAME)))
		return 0;
	names.names = section->names;
	section->policy = nft_is_policy(ctx, event);
	section->verdict = nft_bare_code(code);
	if (section->verdict == NF_QUEUE)
		section->queue = (u32)code >> 16;
	/* After the last rule of a chain, `rule` is that rule or an end mark. */
	if (!section->policy && !((u32)retis_arg(nft, type) == NFT_TRACETYPE_RETURN && code == NFT_CONTINUE))
		nft_set_rule(section, rule);
	section->table_handle = BPF_CORE_READ(table, handle);
	section->table_at = nft_add_name(&names, BPF_CORE_READ(table, name));
	section->chain_at = nft_add_name(&names, BPF_CORE_READ(chain, name));
	section->chain_handle = BPF_CORE_READ(chain, handle);
	if (code == NFT_JUMP || code == NFT_GOTO)
		section->verdict_chain_at = nft_add_name(&names, BPF_CORE_READ(nft_verdict(ctx, event), chain, name));
	if (bpf_core_field_exists(packet->state))
		nft_set_namespace(ctx, section, BPF_CORE_READ(packet, state, net));
	retis_section_used(section, NFT_NAMES * NFT_NAME, names.end);
	return 0;
}

#endif
