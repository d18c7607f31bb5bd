/**
 * Functions of the kernel in which packets are dropped, and for which reasons: Linux 5.10 to 7.2. Kernels before 5.17 give no
 * reasons at all (shown as `NOT_SPECIFIED` or without a reason); which function a drop is reported at depends on what the compiler
 * inlined, so that functions which the compiler may join share an entry.
 */
import type { DropLocation } from "../../../core/api/drop-advice.ts";
import { deviceLocations } from "./devices.ts";
import { ipLocations } from "./ip.ts";
import { ipv6Locations } from "./ipv6.ts";
import { policyLocations } from "./policy.ts";
import { receiveLocations } from "./receive.ts";
import { socketLocations } from "./sockets.ts";
import { tcpLocations } from "./tcp.ts";
import { transmitLocations } from "./transmit.ts";

export const dropLocations: readonly DropLocation[] = [
  ...receiveLocations,
  ...ipLocations,
  ...ipv6Locations,
  ...tcpLocations,
  ...socketLocations,
  ...transmitLocations,
  ...deviceLocations,
  ...policyLocations,
];
