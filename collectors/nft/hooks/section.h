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
	s32 verdict;
	/* For user space to find the text of the rule: its network namespace, and a number that changes with the rule. */
	u32 netns;
	u32 rule_place;
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

static __always_inline void nft_set_rule(struct nft_section *section, const void *rule)
{
	if (!rule)
		return;
	if (!bpf_core_type_exists(struct nft_rule_dp))
		section->rule_handle = BPF_CORE_READ_BITFIELD_PROBED((const struct nft_rule *)rule, handle);
	else if (!BPF_CORE_READ_BITFIELD_PROBED((const struct nft_rule_dp *)rule, is_last))
		section->rule_handle = BPF_CORE_READ_BITFIELD_PROBED((const struct nft_rule_dp *)rule, handle);
	/* A rule in the data path never changes: it is replaced by another one. */
	section->rule_place = (u64)rule >> 3;
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
		section->netns = BPF_CORE_READ(packet, state, net, ns.inum);
	retis_section_used(section, NFT_NAMES * NFT_NAME, names.end);
	return 0;
}

#endif
