/** Drop reasons of the firewall, traffic control and XDP. */
import type { DropAdvice } from "../../../core/api/drop-advice.ts";

export const policyAdvice: readonly DropAdvice[] = [
  {
    name: "NETFILTER_DROP",
    class: "problem",
    meaning: "A firewall rule (nftables, iptables) or a policy of a chain dropped the packet",
    causes: [
      "A rule that drops, or a chain with policy drop and no rule that accepts the packet",
      "Rules added by Docker, Kubernetes or firewalld",
    ],
    steps: [
      "See which rule: retis collect -c skb,skb-drop,nft --allow-system-changes",
      "List the rules: nft -a list ruleset; iptables-save -c",
      "If nft shows nothing, see the hook in the stack: retis collect -c skb,skb-drop --stack",
    ],
  },
  {
    name: "TC_INGRESS",
    class: "problem",
    meaning: "A traffic control filter (tc, BPF) dropped the packet on ingress",
    causes: ["A filter with action drop, or a BPF program that returns TC_ACT_SHOT, like those of Cilium"],
    steps: ["See filters: tc -s filter show dev DEVICE ingress", "List BPF programs of devices: bpftool net"],
  },
  {
    name: "TC_EGRESS",
    class: "problem",
    meaning: "A traffic control filter (tc, BPF) dropped the packet on egress",
    causes: ["A filter with action drop, or a BPF program that returns TC_ACT_SHOT"],
    steps: ["See filters: tc -s filter show dev DEVICE egress", "List BPF programs of devices: bpftool net"],
  },
  {
    name: "XDP",
    class: "problem",
    meaning: "An XDP program in generic mode sent the packet to where it cannot go",
    causes: [
      "A redirect to a device, socket or CPU that is gone or full",
      "The program's rules, on kernels that give this reason for them too; most give NOT_SPECIFIED at do_xdp_generic. Drops of XDP inside a driver do not appear here",
    ],
    steps: ["List programs of devices: bpftool net", "Check the counters of the application that loaded it"],
  },
  {
    name: "TC_COOKIE_ERROR",
    class: "problem",
    meaning: "The state of a filter chain that was handed over between hardware and software is unusable",
    causes: ["The filter rules changed while packets were in flight", "Offloaded rules that continue in software"],
    steps: ["See filters: tc -s filter show dev DEVICE ingress", "Try without offload: ethtool -K DEVICE hw-tc-offload off"],
  },
  {
    name: "TC_CHAIN_NOTFOUND",
    class: "problem",
    meaning: "A traffic control filter continues in a chain that does not exist",
    causes: ["Rules removed in part, or offloaded ones that continue in software"],
    steps: ["See chains and filters: tc chain show dev DEVICE ingress; tc filter show dev DEVICE ingress"],
  },
  {
    name: "TC_RECLASSIFY_LOOP",
    class: "problem",
    meaning: "Traffic control filters sent the packet back to classification too often",
    causes: ["An action reclassify that always matches again"],
    steps: ["See filters: tc -s filter show dev DEVICE ingress; tc -s filter show dev DEVICE egress"],
  },
];
