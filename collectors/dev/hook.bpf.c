// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* Reports the network device of the skb, or without an skb the device argument of the probed function. */
#include <retis/hook.h>

struct dev_section {
	char name[16];
	u32 ifindex;
	/* Device the packet was received on, 0 for none. */
	u32 rx_ifindex;
};

RETIS_SECTION(dev, dev, struct dev_section);
RETIS_ARG(dev, device);

/*
 * skb->dev shares its storage with dev_scratch, so it may not be a pointer. The name shows that: it is then not printable
 * ASCII, or not terminated.
 */
static __always_inline bool is_device_name(const char *name)
{
	int i;

	if (!name[0] || name[15])
		return false;
#pragma unroll
	for (i = 0; i < 15; i++) {
		if (name[i] && (name[i] <= ' ' || name[i] > '~'))
			return false;
	}
	return true;
}

RETIS_HOOK(dev, RETIS_FILTERS_OR_STACK)
{
	const struct sk_buff *skb = retis_skb(ctx, event);
	struct net_device *device = skb ? skb->dev : (struct net_device *)retis_arg(dev, device);
	struct dev_section *section;
	char name[16] = {};
	int ifindex;

	if (!device)
		return 0;
	if (bpf_core_read(&name, sizeof(name), &device->name) || !is_device_name(name))
		return 0;
	ifindex = BPF_CORE_READ(device, ifindex);
	if (ifindex <= 0)
		return 0;
	section = retis_section(dev, dev, struct dev_section);
	if (!section)
		return 0;
	__builtin_memcpy(section->name, name, sizeof(name));
	section->ifindex = ifindex;
	section->rx_ifindex = skb ? skb->skb_iif : 0;
	return 0;
}
