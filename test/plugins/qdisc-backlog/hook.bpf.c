#include <retis/hook.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct qdisc_skb_head___mine {
	u32 qlen;
};
struct gnet_stats_queue___mine {
	u32 backlog;
};
struct Qdisc___mine {
	u32 handle;
	struct qdisc_skb_head___mine q;
	struct gnet_stats_queue___mine qstats;
};
#pragma clang attribute pop

struct backlog_section {
	u32 at, handle, packets, backlog;
};
RETIS_SECTION(qdisc_backlog, backlog, struct backlog_section);
RETIS_ARG(qdisc_backlog, qdisc);

RETIS_HOOK(qdisc_backlog, RETIS_ALL_FILTERS)
{
	const struct Qdisc___mine *qdisc = (const void *)retis_arg(qdisc_backlog, qdisc);
	struct backlog_section *section = retis_section(qdisc_backlog, backlog, struct backlog_section);

	if (!section)
		return 0;
	section->at = retis_probe_value(ctx);
	section->handle = BPF_CORE_READ(qdisc, handle) >> 16;
	section->packets = BPF_CORE_READ(qdisc, q.qlen);
	section->backlog = BPF_CORE_READ(qdisc, qstats.backlog);
	return 0;
}
