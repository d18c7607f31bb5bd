import type { Check } from "./check.ts";
import { conntrackFull, firewallRule } from "./checks/firewall.ts";
import * as links from "./checks/links.ts";
import { tableFull, unresolved } from "./checks/neighbours.ts";
import * as routing from "./checks/routing.ts";
import * as sockets from "./checks/sockets.ts";

/** All checks; of several that find something, the first ones are the most specific. */
export const allChecks: readonly Check[] = [
  conntrackFull,
  firewallRule,
  sockets.listenBacklog,
  sockets.noListener,
  sockets.receiveBuffer,
  sockets.protocolMemory,
  sockets.socketFilter,
  routing.reversePath,
  routing.timeToLive,
  routing.notForwarding,
  routing.noRoute,
  routing.localSource,
  routing.loopbackAddress,
  routing.ipv6Disabled,
  routing.tooBig,
  unresolved,
  tableFull,
  links.deviceDown,
  links.otherHost,
  links.queueingDiscipline,
  links.cpuBacklog,
  links.checksum,
  links.programs,
  links.ipsecPolicy,
  links.unknownVni,
  links.bridgePort,
  links.fragments,
];
