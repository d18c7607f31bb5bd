// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* Reports the rule on kernels up to 6.3: the rule is in struct nft_traceinfo, its chain is an argument. */
#include "section.h"

RETIS_HOOK(nft, RETIS_RAW)
{
	const struct nft_traceinfo___before_6_4 *info = (void *)retis_arg(nft, info);
	const struct nft_chain *chain = (void *)retis_arg(nft, chain);

	/* skb.bpf.c did not set it: the verdict is not in --nft-verdicts. */
	if (!ctx->skb)
		return RETIS_DISCARD;
	if (!RETIS_ALL_FILTERS)
		return 0;
	return nft_report(ctx, event, BPF_CORE_READ(chain, table), chain, BPF_CORE_READ(info, rule));
}
