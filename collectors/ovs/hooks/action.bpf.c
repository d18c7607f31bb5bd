// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* An action is about to be executed (tracepoint ovs_do_execute_action). */
#include "actions.h"
#include "state.h"

RETIS_ARG(ovs, flow_key);
RETIS_ARG(ovs, action);

/*
 * Whether the packet is the one that user space gave back, whose actions this stack executes. An answer to it may be handled on
 * the same stack, where interrupts have none of their own.
 */
static __always_inline bool ovs_came_back(const struct retis_context *ctx, const struct retis_event *event,
					  const struct ovs_command *command)
{
	if (!command->packet.timestamp)
		return command->skb == retis_skb_address(ctx, event);
	return command->packet.timestamp == ctx->packet.timestamp && command->packet.head == ctx->packet.head;
}

static __always_inline void ovs_add_queue_id(struct retis_context *ctx, struct retis_event *event,
					     struct ovs_section *section)
{
	u64 key = retis_stack_key(event);
	const struct ovs_command *command = bpf_map_lookup_elem(&ovs_commands, &key);

	if (!command || !ovs_came_back(ctx, event, command))
		return;
	section->queue_id = command->queue_id;
	section->present |= PRESENT_QUEUE_ID;
}

static __always_inline struct ovs_section *ovs_append_ct(struct retis_event *event,
							 const struct ovs_conntrack_info *info)
{
	u32 flags = ovs_ct_flags(info);
	struct ovs_section *section;

	if (flags & OVS_CT_NAT) {
		section = ovs_append_detailed(event, PRESENT_CT | PRESENT_NAT);
		if (section)
			ovs_nat(&section->detail[0].nat, info, flags);
	} else {
		section = ovs_append(event, OVS_ACTION_EXECUTE, PRESENT_ACTION | PRESENT_CT);
	}
	if (!section)
		return NULL;
	section->ct_flags = flags;
	section->zone_id = BPF_CORE_READ(info, zone.id);
	return section;
}

/* The section of an action with what the action has; NULL when the record is full. */
static __always_inline struct ovs_section *ovs_append_action(struct retis_event *event, u32 action, const void *payload,
							     u32 size)
{
	struct ovs_section *section;

	if (action == retis_const(ovs, set_to_masked) && action)
		action = OVS_SET_MASKED;
	switch (action) {
	case OVS_CT:
		return ovs_append_ct(event, payload);
	case OVS_SET:
	case OVS_SET_MASKED:
		section = ovs_append_detailed(event, 0);
		if (section)
			ovs_set(section, action == OVS_SET_MASKED, payload);
		return section;
	case OVS_PUSH_NSH:
		section = ovs_append_detailed(event, 0);
		if (section)
			ovs_push_nsh(section, payload, size);
		return section;
	}
	section = ovs_append(event, OVS_ACTION_EXECUTE, PRESENT_ACTION);
	if (section)
		ovs_read_action(section, action, payload, size);
	return section;
}

RETIS_HOOK(ovs_action, RETIS_ALL_FILTERS)
{
	const struct sw_flow_key *flow_key = (void *)retis_arg(ovs, flow_key);
	const void *payload = (void *)retis_arg(ovs, action) + sizeof(struct ovs_attribute);
	struct ovs_attribute attribute = {};
	struct ovs_section *section;
	u32 action;

	if (!flow_key || bpf_probe_read_kernel(&attribute, sizeof(attribute), payload - sizeof(attribute)))
		return 0;
	action = attribute.type & OVS_ATTRIBUTE_TYPE;
	section = ovs_append_action(event, action, payload, attribute.length - sizeof(attribute));
	if (!section)
		return 0;
	section->action = action;
	section->recirc_id = BPF_CORE_READ(flow_key, recirc_id);
	if (retis_const(ovs, track))
		ovs_add_queue_id(ctx, event, section);
	return 0;
}
