import type { Check } from "./check.ts";
import { conntrackFull, firewallRule } from "./checks/firewall.ts";
import { fragments } from "./checks/fragments.ts";
import { ipsecPolicy, ipsecState } from "./checks/ipsec.ts";
import * as links from "./checks/links.ts";
import { tableFull, unresolved } from "./checks/neighbours.ts";
import { programs, socketFilter } from "./checks/programs.ts";
import { cpuBacklog, queueingDiscipline } from "./checks/queues.ts";
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
  sockets.unknownProtocol,
  socketFilter,
  routing.reversePath,
  routing.timeToLive,
  routing.notForwarding,
  routing.noRoute,
  routing.localSource,
  routing.loopbackAddress,
  routing.ipv6Disabled,
  routing.tooBig,
  links.deviceDown,
  unresolved,
  tableFull,
  links.otherHost,
  queueingDiscipline,
  cpuBacklog,
  links.checksum,
  programs,
  ipsecPolicy,
  ipsecState,
  links.unknownVni,
  links.bridgePort,
  fragments,
];
