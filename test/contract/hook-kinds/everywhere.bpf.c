// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
#include <retis/hook.h>

struct everywhere_section {
	u32 extension;
};

RETIS_SECTION(kinds, everywhere, struct everywhere_section);

RETIS_HOOK(everywhere, RETIS_ALL_FILTERS)
{
	struct everywhere_section *section = retis_section(kinds, everywhere, struct everywhere_section);

	if (section)
		section->extension = event->args[RETIS_ARG_EXTENSION];
	return 0;
}
