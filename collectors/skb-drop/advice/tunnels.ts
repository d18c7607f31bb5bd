/** Drop reasons of tunnels. */
import type { DropAdvice } from "../../../core/api/drop-advice.ts";

export const tunnelsAdvice: readonly DropAdvice[] = [
  {
    name: "VXLAN_INVALID_HDR",
    class: "problem",
    meaning: "The VXLAN header is invalid: flag I is not set, or reserved bits are",
    causes: ["The sender uses an extension (GBP, GPE) that this device is not set up for", "Other traffic on the VXLAN port"],
    steps: ["Compare the settings of both ends: ip -d link show type vxlan"],
  },
  {
    name: "VXLAN_VNI_NOT_FOUND",
    class: "problem",
    meaning: "No VXLAN device here has the network id (VNI) of the packet",
    causes: ["The VNI is not set up on this host", "The VXLAN device is down"],
    steps: ["See ids and ports: ip -d link show type vxlan", "See the id in the packet: retis collect -c skb,skb-drop"],
  },
  {
    name: "VXLAN_ENTRY_EXISTS",
    class: "normal",
    meaning: "A MAC address appeared at another tunnel end than its static entry has",
    causes: ["The host moved, and its entry is static or made by a control plane (EVPN)"],
    steps: ["See the entry: bridge fdb show dev DEVICE"],
  },
  {
    name: "IP_TUNNEL_ECN",
    class: "problem",
    meaning: "The ECN bits of outer and inner header contradict each other (RFC 6040)",
    causes: ["A router marks packets of senders that do not use ECN"],
    steps: ["Find the router that marks: compare tos on the path", "See the warnings: dmesg | grep -i ecn"],
  },
  {
    name: "TUNNEL_TXINFO",
    class: "problem",
    meaning: 'A packet without tunnel data reached a tunnel device that is controlled from outside ("external")',
    causes: [
      "A route or bridge entry that leads to the device without an encapsulation",
      "A missing flow or BPF program that sets the tunnel key",
    ],
    steps: ["See the device: ip -d link show DEVICE", "See routes and entries: ip route show dev DEVICE; bridge fdb show dev DEVICE"],
  },
];
