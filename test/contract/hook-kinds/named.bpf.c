// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
#include <retis/hook.h>

struct named_section {
	u32 order;
};

RETIS_SECTION(kinds, named, struct named_section);

RETIS_HOOK(named, RETIS_RAW)
{
	u32 before = event->length;
	struct named_section *section = retis_section(kinds, named, struct named_section);

	if (section)
		section->order = before;
	return 0;
}
