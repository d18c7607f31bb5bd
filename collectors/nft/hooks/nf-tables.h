/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/*
 * The types of nf_tables that the hooks read, and access to the arguments of __nft_trace_packet(). The kernel calls that
 * function for each rule with a verdict (net/netfilter/nf_tables_core.c); packet, verdict and rule are arguments (6.4 and
 * later) or in struct nft_traceinfo (before). Layouts: include/net/netfilter/nf_tables.h.
 */
#ifndef NFT_NF_TABLES_H
#define NFT_NF_TABLES_H

#include <retis/hook.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct nft_table {
	u64 handle;
	char *name;
};

struct nft_rule_blob {
	unsigned long size;
	unsigned char data[0];
};

struct nft_chain {
	struct nft_rule_blob *blob_gen_0;
	struct nft_rule_blob *blob_gen_1;
	struct nft_table *table;
	u64 handle;
	u8 flags : 5;
	char *name;
};

struct nft_base_chain {
	u8 policy;
	struct nft_chain chain;
};

struct nft_verdict {
	u32 code;
	struct nft_chain *chain;
};

/* Where the generation of a namespace's rules is: up to 5.12 and from 6.17 on (5.13 to 6.16: struct nftables_pernet). */
struct netns_nftables {
	unsigned int base_seq;
};

struct nftables_pernet {
	unsigned int base_seq;
};

/* Begins with pointers, by number of the subsystem (include/net/netns/generic.h). */
struct net_generic;

struct net___with_rules {
	struct netns_nftables nft;
	struct net_generic *gen;
};

struct nf_hook_state {
	struct net *net;
};

struct nft_pktinfo {
	struct sk_buff *skb;
	const struct nf_hook_state *state;
};

/* A rule in the data path (5.17); the one with `is_last` ends its chain. */
struct nft_rule_dp {
	u64 is_last : 1;
	u64 dlen : 12;
	u64 handle : 42;
};

struct nft_rule_dp_last {
	const struct nft_chain *chain;
};

/* A rule in the data path before 5.17. */
struct nft_rule {
	u64 handle : 42;
};

struct nft_traceinfo {
	const struct nft_base_chain *basechain;
};

/* Up to 6.3. */
struct nft_traceinfo___before_6_4 {
	const struct nft_pktinfo *pkt;
	const void *rule;
	const struct nft_verdict *verdict;
};

#pragma clang attribute pop

/* include/uapi/linux/netfilter/nf_tables.h, include/uapi/linux/netfilter.h */
enum { NFT_TRACETYPE_POLICY = 1, NFT_TRACETYPE_RETURN = 2 };
enum { NFT_RETURN = -5, NFT_GOTO = -4, NFT_JUMP = -3, NFT_CONTINUE = -1, NF_QUEUE = 3, NF_REPEAT = 4 };
#define NF_VERDICT_MASK 0xff
#define NFT_CHAIN_BASE 1

/* Arguments of __nft_trace_packet(); skb.bpf.c defines them. */
extern const volatile u8 nft__arg_info;
extern const volatile u8 nft__arg_packet;
extern const volatile u8 nft__arg_verdict;
extern const volatile u8 nft__arg_rule;
extern const volatile u8 nft__arg_chain;
extern const volatile u8 nft__arg_type;

static __always_inline const struct nft_pktinfo *nft_packet(const struct retis_context *ctx,
							    const struct retis_event *event)
{
	const struct nft_traceinfo___before_6_4 *info = (void *)retis_arg(nft, info);

	if (retis_has_arg(nft, packet))
		return (void *)retis_arg(nft, packet);
	return info && bpf_core_field_exists(info->pkt) ? BPF_CORE_READ(info, pkt) : NULL;
}

static __always_inline const struct nft_verdict *nft_verdict(const struct retis_context *ctx,
							     const struct retis_event *event)
{
	const struct nft_traceinfo___before_6_4 *info = (void *)retis_arg(nft, info);

	return bpf_core_field_exists(info->verdict) ? BPF_CORE_READ(info, verdict) : (void *)retis_arg(nft, verdict);
}

static __always_inline const struct nft_base_chain *nft_base_chain(const struct retis_context *ctx,
								   const struct retis_event *event)
{
	const struct nft_traceinfo *info = (void *)retis_arg(nft, info);

	return BPF_CORE_READ(info, basechain);
}

/* The verdict is the policy of the base chain, not that of a rule. */
static __always_inline bool nft_is_policy(const struct retis_context *ctx, const struct retis_event *event)
{
	return (u32)retis_arg(nft, type) == NFT_TRACETYPE_POLICY;
}

/* The verdict, with the number of a queue in the upper half. */
static __always_inline s32 nft_code(const struct retis_context *ctx, const struct retis_event *event)
{
	if (nft_is_policy(ctx, event))
		return BPF_CORE_READ(nft_base_chain(ctx, event), policy);
	return BPF_CORE_READ(nft_verdict(ctx, event), code);
}

/* The same without the number of a queue or the errno of a drop: -5 (return) to 4 (repeat). */
static __always_inline s32 nft_bare_code(s32 code)
{
	return code < 0 ? code : code & NF_VERDICT_MASK;
}

#endif
