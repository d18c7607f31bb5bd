// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* Reports how the packet is queued: transmit queue, priority, firewall mark. */
#include <retis/hook.h>

/*
 * The members that this hook reads. <retis/kernel.h> declares only what the built-in collectors need; what follows the
 * three underscores is ignored when libbpf looks the members up in the running kernel (include/linux/skbuff.h).
 */
struct sk_buff___queue {
	__u16 queue_mapping;
	__u32 priority;
	__u32 mark;
} __attribute__((preserve_access_index));

struct queue_section {
	u32 priority;
	u32 mark;
	u16 queue;
};

RETIS_SECTION(queue, queue, struct queue_section);
RETIS_CONST(queue, s32, only, -1);

RETIS_HOOK(queue, RETIS_ALL_FILTERS)
{
	const struct sk_buff___queue *skb = (const void *)retis_skb(ctx, event);
	struct queue_section *section;

	if (!skb)
		return 0;
	if (retis_const(queue, only) >= 0 && skb->queue_mapping != retis_const(queue, only))
		return RETIS_DISCARD;
	section = retis_section(queue, queue, struct queue_section);
	if (!section)
		return 0;
	section->queue = skb->queue_mapping;
	section->priority = skb->priority;
	section->mark = skb->mark;
	return 0;
}
