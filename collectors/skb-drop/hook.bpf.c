// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* Reports why an skb was freed: the reason argument of skb:kfree_skb and of other functions that have one. */
#include <retis/hook.h>

struct skb_drop_section {
	/* subsystem << 16 | reason (include/net/dropreason.h); -1 on kernels without drop reasons. */
	s32 reason;
};

RETIS_SECTION(skb_drop, skb_drop, struct skb_drop_section);
RETIS_ARG(skb_drop, reason);
/* The kernel has drop reasons (5.17). */
RETIS_CONST(skb_drop, bool, has_reasons, true);

RETIS_HOOK(skb_drop, RETIS_ALL_FILTERS)
{
	struct skb_drop_section *section;

	if (retis_const(skb_drop, has_reasons) && !retis_has_arg(skb_drop, reason))
		return 0;
	section = retis_section(skb_drop, skb_drop, struct skb_drop_section);
	if (!section)
		return 0;
	section->reason = retis_const(skb_drop, has_reasons) ? (s32)retis_arg(skb_drop, reason) : -1;
	return 0;
}
