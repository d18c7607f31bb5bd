#include <retis/hook.h>

struct inet_connection_sock___retransmit {
	u8 icsk_retransmits;
} __attribute__((preserve_access_index));

struct socket_section {
	u8 source[16];
	u8 destination[16];
	u32 retransmits;
	u16 sport;
	u16 dport;
	u8 state;
	u8 version;
};

RETIS_SECTION(tcp_retransmit, socket, struct socket_section);
RETIS_ARG(tcp_retransmit, sk);

RETIS_HOOK(tcp_retransmit, RETIS_ALL_FILTERS)
{
	const struct sock *sk = (const struct sock *)retis_arg(tcp_retransmit, sk);
	struct socket_section *section = retis_section(tcp_retransmit, socket, struct socket_section);

	if (!section)
		return 0;
	section->state = BPF_CORE_READ(sk, __sk_common.skc_state);
	section->sport = BPF_CORE_READ(sk, __sk_common.skc_num);
	section->dport = BPF_CORE_READ(sk, __sk_common.skc_dport);
	section->retransmits = BPF_CORE_READ((const struct inet_connection_sock___retransmit *)sk, icsk_retransmits);
	section->version = BPF_CORE_READ(sk, __sk_common.skc_family) == 2 ? 4 : 6;
	if (section->version == 4) {
		bpf_core_read(section->source, 4, &sk->__sk_common.skc_rcv_saddr);
		bpf_core_read(section->destination, 4, &sk->__sk_common.skc_daddr);
	} else if (bpf_core_field_exists(sk->__sk_common.skc_v6_daddr)) {
		bpf_core_read(section->source, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_core_read(section->destination, 16, &sk->__sk_common.skc_v6_daddr);
	}
	return 0;
}
