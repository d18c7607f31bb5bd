#include <retis/hook.h>
#include <retis/sock.h>

struct owner {
	u64 cgroup;
	u32 uid, unused;
};
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct owner);
	__type(value, u64);
} socket_owner_bytes SEC(".maps");
RETIS_SECTION(socket_owner, owner, struct owner);

RETIS_HOOK(socket_owner, RETIS_ALL_FILTERS)
{
	const struct sk_buff *skb = retis_skb(ctx, event);
	struct owner owner = {}, *section;
	u64 *bytes, none = 0;

	if (!skb || !skb->sk || !(section = retis_section(socket_owner, owner, struct owner)))
		return 0;
	owner.uid = retis_sock_uid(skb->sk);
	owner.cgroup = retis_sock_cgroup(skb->sk);
	*section = owner;
	bpf_map_update_elem(&socket_owner_bytes, &owner, &none, BPF_NOEXIST);
	if ((bytes = bpf_map_lookup_elem(&socket_owner_bytes, &owner)))
		__sync_fetch_and_add(bytes, skb->len);
	return 0;
}
