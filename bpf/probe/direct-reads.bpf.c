// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* Linked with the entry programs on kernels that let programs read kernel objects without a helper (Linux 6.2). */
#include <retis/hook.h>

extern void *bpf_rdonly_cast(const void *object, u32 type) __ksym;

__hidden __attribute__((noinline)) void *retis_pointer(const void *object, u32 type)
{
	return bpf_rdonly_cast(object, type);
}
