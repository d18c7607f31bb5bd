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

#define EACH_BYTE(value) (0x0101010101010101ull * (value))

/* Non-zero when a byte of the eight is neither NUL nor in '!' to '~'. Carries come from bytes only that are unprintable themselves. */
static __always_inline u64 unprintable(u64 bytes)
{
	u64 control = (bytes + EACH_BYTE(0x7f)) & ~(bytes + EACH_BYTE(0x80 - '!'));

	return (bytes | (bytes + EACH_BYTE(1)) | control) & EACH_BYTE(0x80);
}

/*
 * skb->dev shares its storage with dev_scratch, so it may not be a pointer. The name shows that: it is then not printable
 * ASCII, or not terminated.
 */
static __always_inline bool is_device_name(const u64 *name)
{
	const char *bytes = (const char *)name;

	return bytes[0] && !bytes[15] && !unprintable(name[0]) && !unprintable(name[1]);
}

RETIS_HOOK(dev, RETIS_FILTERS_OR_STACK)
{
	const struct sk_buff *skb = retis_skb_basics(ctx, event);
	struct net_device *device = skb ? skb->dev : (struct net_device *)retis_arg(dev, device);
	struct dev_section *section;
	u64 name[2];
	int ifindex;

	if (!device)
		return 0;
	device = RETIS_POINTER(struct net_device, device);
	RETIS_READ_WORDS(name, &device->name);
	if (!is_device_name(name))
		return 0;
	ifindex = RETIS_READ(device, ifindex);
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
