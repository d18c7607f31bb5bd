#include <retis/hook.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct kernfs_node___mine {
	u64 id;
};
struct cgroup___mine {
	struct kernfs_node___mine *kn;
};
struct sock___mine {
	struct {
		u32 val;
	} sk_uid;
	struct {
		struct cgroup___mine *cgroup;
	} sk_cgrp_data;
};
#pragma clang attribute pop

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
	const struct sock___mine *sk = skb ? (const void *)skb->sk : NULL;
	struct owner owner = {}, *section;
	u64 *bytes, none = 0;

	if (!sk || !(section = retis_section(socket_owner, owner, struct owner)))
		return 0;
	owner.uid = BPF_CORE_READ(sk, sk_uid.val);
	if (bpf_core_field_exists(sk->sk_cgrp_data.cgroup)) /* Linux 5.15 and later */
		owner.cgroup = BPF_CORE_READ(sk, sk_cgrp_data.cgroup, kn, id);
	*section = owner;
	bpf_map_update_elem(&socket_owner_bytes, &owner, &none, BPF_NOEXIST);
	if ((bytes = bpf_map_lookup_elem(&socket_owner_bytes, &owner)))
		__sync_fetch_and_add(bytes, skb->len);
	return 0;
}
