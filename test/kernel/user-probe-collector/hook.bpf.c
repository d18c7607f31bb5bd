// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
#include <retis/hook.h>
#include <retis/user.h>

struct probed_section {
	s64 a0;
	s64 a1;
	s64 a2;
	s64 a3;
	u32 count;
	u32 readable;
	char text[32];
};

RETIS_SECTION(probed, probed, struct probed_section);
RETIS_CONST(probed, bool, text, false);

RETIS_HOOK(probed, RETIS_RAW)
{
	struct probed_section *section = retis_section(probed, probed, struct probed_section);

	if (!section)
		return 0;
	section->count = ctx->nargs;
	section->readable = event->args[RETIS_ARG_VALID];
	section->a0 = retis_user_arg(ctx, event, 0);
	section->a1 = retis_user_arg(ctx, event, 1);
	section->a2 = retis_user_arg(ctx, event, 2);
	section->a3 = retis_user_arg(ctx, event, 3);
	if (retis_const(probed, text))
		retis_read_user_string(section->text, sizeof(section->text),
				       ctx->type == RETIS_UPROBE ? section->a1 : section->a0);
	return 0;
}
