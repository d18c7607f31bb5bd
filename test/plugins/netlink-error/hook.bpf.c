#include <retis/hook.h>

struct error_section {
	u32 uid;
	char message[128];
};

RETIS_SECTION(netlink_error, error, struct error_section);

/* There is no packet here, so no filter can be for or against it. */
RETIS_HOOK(netlink_error, RETIS_RAW)
{
	struct error_section *section = retis_section(netlink_error, error, struct error_section);

	if (!section)
		return 0;
	section->uid = bpf_get_current_uid_gid();
	bpf_probe_read_kernel_str(section->message, sizeof(section->message), (const void *)event->args[0]);
	return 0;
}
