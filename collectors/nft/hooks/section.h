/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* What is reported of a rule, wherever the kernel has it. */
#ifndef NFT_SECTION_H
#define NFT_SECTION_H

#include "nf-tables.h"

/* NFT_NAME_MAXLEN, with the NUL. */
#define NFT_NAME 256

struct nft_section {
	s64 table_handle;
	/* 0 when the chain was not found. */
	s64 chain_handle;
	/* 0 when no rule decided: a policy, or the end of a chain. */
	s64 rule_handle;
	s32 verdict;
	/* For user space to find the rule's text: the namespace that the rule is in, and what changes when the rule does. */
	u32 netns;
	u32 rule_place;
	/* Only of a queue verdict. */
	u16 queue;
	u8 policy;
	u8 reserved;
	char table_name[NFT_NAME];
	char chain_name[NFT_NAME];
	char verdict_chain_name[NFT_NAME];
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
	/* A rule in the data path is never changed, it is replaced by another one. */
	section->rule_place = (u64)rule >> 3;
}

static __always_inline void nft_set_verdict(struct nft_section *section, s32 code, const struct nft_verdict *verdict)
{
	section->verdict = nft_bare_code(code);
	if (section->verdict == NF_QUEUE)
		section->queue = (u32)code >> 16;
	if (code == NFT_JUMP || code == NFT_GOTO)
		bpf_probe_read_kernel_str(section->verdict_chain_name, NFT_NAME, BPF_CORE_READ(verdict, chain, name));
}

/* `chain` may be NULL, and `rule`. */
static __always_inline int nft_report(struct retis_context *ctx, struct retis_event *event, const struct nft_table *table,
				      const struct nft_chain *chain, const void *rule)
{
	s32 code = nft_code(ctx, event);
	const struct nft_pktinfo *packet = nft_packet(ctx, event);
	struct nft_section *section;

	if (!table || !(section = retis_section(nft, nft, struct nft_section)))
		return 0;
	section->policy = nft_is_policy(ctx, event);
	nft_set_verdict(section, code, nft_verdict(ctx, event));
	/* Behind the last rule of a chain, `rule` is that rule or an end mark. */
	if (!section->policy && !((u32)retis_arg(nft, type) == NFT_TRACETYPE_RETURN && code == NFT_CONTINUE))
		nft_set_rule(section, rule);
	section->table_handle = BPF_CORE_READ(table, handle);
	bpf_probe_read_kernel_str(section->table_name, NFT_NAME, BPF_CORE_READ(table, name));
	if (bpf_core_field_exists(packet->state))
		section->netns = BPF_CORE_READ(packet, state, net, ns.inum);
	if (!chain)
		return 0;
	section->chain_handle = BPF_CORE_READ(chain, handle);
	bpf_probe_read_kernel_str(section->chain_name, NFT_NAME, BPF_CORE_READ(chain, name));
	return 0;
}

#endif
