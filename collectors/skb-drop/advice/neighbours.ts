/** Drop reasons of neighbour resolution (ARP, neighbour discovery). */
import type { DropAdvice } from "../../../core/api/drop-advice.ts";
import { seePath, seeDevice } from "./steps.ts";

export const neighboursAdvice: readonly DropAdvice[] = [
  {
    name: "NEIGH_FAILED",
    class: "problem",
    meaning: "The MAC address of the next hop could not be resolved",
    causes: ["The next hop is off, or in another VLAN", "ARP or neighbour discovery is filtered", "A wrong gateway or prefix length"],
    steps: ["See the entry: ip neigh show ADDRESS", "Watch requests and replies: retis collect -c skb,skb-drop -f 'arp or icmp6'"],
  },
  {
    name: "NEIGH_QUEUEFULL",
    class: "problem",
    meaning: "Too many packets wait for the MAC address of the next hop",
    causes: ["The next hop does not reply while many packets are sent to it"],
    steps: ["See the entry: ip neigh show ADDRESS", "Continue as for NEIGH_FAILED: retis explain NEIGH_FAILED"],
  },
  {
    name: "NEIGH_CREATEFAIL",
    class: "problem",
    meaning: "No entry could be made for the next hop in the neighbour table",
    causes: ["The neighbour table is full, e.g. after a scan of a large subnet", "No memory"],
    steps: [
      "See the size: ip neigh | wc -l; sysctl net.ipv4.neigh.default.gc_thresh3 net.ipv6.neigh.default.gc_thresh3",
      'See "neighbour: arp_cache: neighbor table overflow!" in dmesg',
    ],
  },
  {
    name: "NEIGH_DEAD",
    class: "problem",
    meaning: "The neighbour entry of the next hop was removed while the packet waited",
    causes: ["The device went down, or its addresses were changed"],
    steps: ["See the device: ip -s link show DEVICE", "Watch the table: ip monitor neigh"],
  },
  {
    name: "NEIGH_HH_FILLFAIL",
    class: "problem",
    meaning: "The link layer header could not be filled in",
    causes: ["The device changed while the packet was sent", "A driver that needs more headroom than the packet has"],
    steps: [seeDevice, seePath],
  },
  {
    name: "ARP_PVLAN_DISABLE",
    class: "normal",
    meaning: "A frame that is not IP came back to the device it arrived on, and proxy ARP for private VLANs is off",
    causes: ["Usual on such devices"],
    steps: ["See the setting: sysctl net.ipv4.conf.DEVICE.proxy_arp_pvlan"],
  },
];
