/** Where firewalls, IPsec and queues to programs drop (net/netfilter, net/xfrm). */
import type { DropLocation } from "../../../core/api/drop-advice.ts";

export const policyLocations: readonly DropLocation[] = [
  {
    functions: ["nf_hook_slow", "nf_hook_slow_list", "nf_hook_ingress", "nf_hook_egress", "ipt_do_table", "ip6t_do_table"],
    meaning: "Runs the hooks of netfilter: iptables, nftables, conntrack, NAT",
    drops: {
      NETFILTER_DROP: "A rule or chain policy says drop, conntrack has no room or finds the packet invalid, or NAT found no free port",
      NOT_SPECIFIED: "As above, on kernels before 5.18",
    },
    steps: [
      "See which rule: retis collect -c skb,skb-drop,nft --allow-system-changes -f FILTER",
      "See rules and counters: nft list ruleset; iptables-save -c",
      "See conntrack: conntrack -S; sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max",
    ],
  },
  {
    functions: [
      "nft_do_chain",
      "nft_do_chain_ipv4",
      "nft_do_chain_ipv6",
      "nft_do_chain_inet",
      "nft_do_chain_netdev",
      "nft_do_chain_bridge",
      "nft_do_chain_arp",
    ],
    meaning: "Evaluates the rules of nftables",
    drops: { NETFILTER_DROP: "A rule or chain policy says drop (Linux 6.7+; older ones report nf_hook_slow)" },
    steps: ["See which rule: retis collect -c skb,skb-drop,nft --allow-system-changes -f FILTER", "See the rules: nft -a list ruleset"],
  },
  {
    functions: [
      "nf_queue",
      "nf_reinject",
      "nfqnl_reinject",
      "nfqnl_flush",
      "nfqnl_enqueue_packet",
      "nfqnl_recv_verdict",
      "__nf_queue",
      "nf_queue_nf_hook_drop",
    ],
    meaning: "Hands packets to a program that decides on them (NFQUEUE)",
    drops: {
      NETFILTER_DROP: "The program said drop (where the kernel says so)",
      NOT_SPECIFIED: "As before, the program has ended, or its queue is full",
    },
    steps: [
      "See queues, their length and drops: cat /proc/net/netfilter/nfnetlink_queue",
      "Use queue flags bypass if packets should pass without the program",
    ],
  },
  {
    functions: [
      "nf_conntrack_in",
      "nf_conntrack_confirm",
      "__nf_conntrack_confirm",
      "nf_nat_inet_fn",
      "nf_ct_resolve_clash",
      "nf_conntrack_tcp_packet",
    ],
    meaning: "Tracks connections and translates addresses; nf_hook_slow frees what it refuses",
    drops: { NETFILTER_DROP: "Seen at nf_hook_slow: the table is full, two packets raced for one entry, or NAT found no free port" },
    steps: [
      "See counters insert_failed, drop, early_drop: conntrack -S",
      "Compare: sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max",
    ],
  },
  {
    functions: [
      "xfrm_input",
      "xfrm4_rcv_encap",
      "xfrm6_rcv_encap",
      "xfrm_rcv_cb",
      "xfrm4_esp_rcv",
      "xfrm_trans_queue",
      "esp_input",
      "xfrm4_udp_encap_rcv",
      "xfrm_input_resume",
    ],
    meaning: "Decrypts and checks received IPsec packets",
    drops: {
      NOT_SPECIFIED:
        "No state for the SPI, a replayed or too old sequence number, integrity check failed, state expired, or no policy fits",
      XFRM_POLICY: "A policy does not allow it (where the kernel says so)",
    },
    steps: [
      "See which counter grows: cat /proc/net/xfrm_stat",
      "Compare both ends: ip xfrm state; ip xfrm policy",
      "Check clocks and rekeying of the IKE daemon",
    ],
  },
  {
    functions: [
      "xfrm_output",
      "xfrm_output_one",
      "xfrm_output_resume",
      "xfrm4_output",
      "xfrm6_output",
      "xfrm_lookup_with_ifid",
      "xfrm_policy_queue_process",
      "xfrmi_xmit",
      "xdst_queue_output",
      "__xfrm_policy_check",
    ],
    meaning: "Encrypts packets that an IPsec policy covers",
    drops: {
      NOT_SPECIFIED: "No state for the policy yet, longer than the MTU of the tunnel, state expired, or no memory",
      XFRM_POLICY: "A policy blocks it (where the kernel says so)",
    },
    steps: ["See which counter grows: cat /proc/net/xfrm_stat", "See states: ip -s xfrm state", "Lower the MTU for the overhead of IPsec"],
  },
  {
    functions: [
      "tcf_classify",
      "tcf_action_exec",
      "tcf_mirred_act",
      "tcf_police_act",
      "tcf_gact_act",
      "tcf_bpf_act",
      "cls_bpf_classify",
      "tcx_run",
      "skb_do_redirect",
    ],
    meaning: "Evaluates filters and actions of tc; the hook that called it frees what they drop",
    drops: {
      TC_INGRESS: "Seen at __netif_receive_skb_core: action drop, police, or a BPF program on ingress",
      TC_EGRESS: "Seen at __dev_queue_xmit: the same on egress",
      TC_COOKIE_ERROR: "An action refers to state that is gone (Linux 6.8+)",
      TC_CHAIN_NOTFOUND: "A goto names a chain that does not exist (Linux 6.8+)",
      TC_RECLASSIFY_LOOP: "Filters reclassify in a circle (Linux 6.8+)",
      NOT_SPECIFIED: "A redirect to a device that is down or gone",
    },
    steps: [
      "See filters and counters: tc -s filter show dev DEVICE ingress; tc -s filter show dev DEVICE egress",
      "See BPF programs: bpftool net; tc actions ls action police",
    ],
  },
];
