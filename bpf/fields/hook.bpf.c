// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/*
 * Hook of a probe with a list of fields, `-p PROBE:{field, ...}`: one copy for each such probe. User space replaces NN by the
 * number of the probe's section, and links it with the generated function that reads the fields (core/fields/field-hook.ts).
 */
#include <retis/hook.h>

/* Bytes for all fields of one probe, and those that are free while they are read; core/fields/field-layout.ts reads it. */
enum retis_fields_room { RETIS_FIELDS_ROOM = 1024 };

struct retis_fields {
	/* Bit n: field n could be read. */
	u32 present;
	enum retis_fields_room room[0];
	u32 reserved;
	u8 data[];
};

RETIS_SECTION(fields, NN, struct retis_fields);

/* Reads the fields into a section. Returns how many bytes of its data they take. */
extern int retis_hook_XX_fields(struct retis_context *ctx, struct retis_event *event,
				struct retis_fields *section) __hidden;

RETIS_HOOK(fields, RETIS_FILTERS_OR_STACK)
{
	struct retis_fields *section = retis_section_with(fields, NN, struct retis_fields, RETIS_FIELDS_ROOM);
	u32 used;

	if (!section)
		return 0;
	/* The generated function reads the copy. */
	retis_skb(ctx, event);
	used = retis_hook_XX_fields(ctx, event, section);
	if (used > RETIS_FIELDS_ROOM)
		return 0;
	retis_section_used(section, RETIS_FIELDS_ROOM, used);
	return 0;
}
