import type { DropGroup } from "./drop-groups.ts";
import type { Finding } from "./finding.ts";
import type { HostView } from "./host-view.ts";

/** Looks for the causes of one kind of drop. */
export interface Check {
  /** Drop reasons it is about, as events have them. */
  readonly reasons: readonly string[];
  /** Findings, the most likely first; none when nothing speaks for a cause that it knows. */
  examine(group: DropGroup, view: HostView): readonly Finding[];
}

export const protocolNumbers = { icmp: 1, tcp: 6, udp: 17, icmp6: 58 } as const;

/** Name of the transport protocol, for texts; undefined for those without ports. */
export function transportOf({ packet }: DropGroup): "tcp" | "udp" | undefined {
  if (packet?.protocol === protocolNumbers.tcp) return "tcp";
  return packet?.protocol === protocolNumbers.udp ? "udp" : undefined;
}
