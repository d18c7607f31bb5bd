/**
 * What the drop reasons of the kernel's core, of its queueing disciplines and of its Wi-Fi stack mean, and what to do about
 * them. Meanings follow the comments of include/net/dropreason-core.h, include/net/dropreason-qdisc.h and
 * net/mac80211/drop.h, and the places that give the reason.
 */
import type { DropAdvice } from "../../../core/api/drop-advice.ts";
import { devicesAdvice } from "./devices.ts";
import { ipAdvice } from "./ip.ts";
import { ipv6Advice } from "./ipv6.ts";
import { neighboursAdvice } from "./neighbours.ts";
import { noDropsAdvice } from "./no-drops.ts";
import { policyAdvice } from "./policy.ts";
import { queuesAdvice } from "./queues.ts";
import { socketsAdvice } from "./sockets.ts";
import { tcpAdvice } from "./tcp.ts";
import { tcpAuthenticationAdvice } from "./tcp-authentication.ts";
import { tunnelsAdvice } from "./tunnels.ts";
import { wirelessAdvice } from "./wireless.ts";

export const dropAdvice: readonly DropAdvice[] = [
  ...noDropsAdvice,
  ...socketsAdvice,
  ...tcpAdvice,
  ...tcpAuthenticationAdvice,
  ...ipAdvice,
  ...ipv6Advice,
  ...policyAdvice,
  ...neighboursAdvice,
  ...queuesAdvice,
  ...devicesAdvice,
  ...tunnelsAdvice,
  ...wirelessAdvice,
];
