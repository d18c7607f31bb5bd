// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* At the return of inet_addr_type_dev_table: what kind of address it found which address to be. */
#include <retis/hook.h>

struct returns_section {
	u32 kind;
	/* Network byte order. */
	u8 address[4];
	u64 stack;
};

RETIS_SECTION(returns, returns, struct returns_section);
RETIS_ARG(returns, address);

RETIS_HOOK(returns, RETIS_RAW)
{
	struct returns_section *section = retis_section(returns, returns, struct returns_section);
	u32 address = retis_arg(returns, address);

	if (!section)
		return 0;
	section->kind = retis_return_value(event);
	__builtin_memcpy(section->address, &address, sizeof(address));
	section->stack = retis_stack_key(event);
	return 0;
}
