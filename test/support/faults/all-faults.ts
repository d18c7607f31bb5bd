/** Faults of a host that drop packets, each in namespaces of its own: how they are made, provoked and mended. */
import { controlGroupFaults } from "./control-groups.ts";
import { firewallFaults } from "./firewall.ts";
import { fragmentFaults } from "./fragments.ts";
import { hostLimitFaults } from "./host-limits.ts";
import { linkFaults } from "./links.ts";
import type { Fault } from "./place.ts";
import { routingFaults } from "./routing.ts";
import { socketFaults } from "./sockets.ts";

export const faults: readonly Fault[] = [
  ...socketFaults,
  ...firewallFaults,
  ...routingFaults,
  ...linkFaults,
  ...fragmentFaults,
  ...controlGroupFaults,
  ...hostLimitFaults,
];
