/** Causes of drops by netfilter. */
import { isBroadcast, isMulticast, isOwn } from "../addresses.ts";
import { type Check, protocolNumbers } from "../check.ts";
import type { DropGroup } from "../drop-groups.ts";
import type { Evidence, Finding } from "../finding.ts";
import { type HostView, sysctlEvidence } from "../host-view.ts";
import { canMatch, type RuledPacket } from "../rule-match.ts";

/** A rule or a policy of nftables or iptables. */
export const firewallRule: Check = {
  reasons: ["NETFILTER_DROP", "IP_TABLES_DROP", "NOT_SPECIFIED"],
  examine(group, view) {
    if (group.reason === "NOT_SPECIFIED" && !/nf_hook|nft_|ipt_do_table/.test(group.location ?? "")) return [];
    if (group.rule !== undefined) return [tracedRule(withFamily(group.rule, view), group)];
    const dropping = droppingRules(view, ruledPacket(group, view));
    const certainty = dropping.length === 1 ? "certain" : "possible";
    return dropping.map((evidence) => ({
      id: evidence.value.includes("policy drop") ? "firewall-policy" : "firewall-rule",
      cause: `The firewall drops it: ${evidence.value}`,
      certainty,
      evidence: [evidence],
      change: changeOf(group, evidence.value, certainty),
    }));
  },
};

function tracedRule(rule: string, group: DropGroup): Finding {
  return {
    id: rule.includes("policy drop") ? "firewall-policy" : "firewall-rule",
    cause: `The firewall drops it: ${rule}`,
    certainty: "certain",
    evidence: [{ source: "nft trace of the packet", value: rule }],
    change: changeOf(group, rule, "certain"),
  };
}

function changeOf({ packet }: DropGroup, rule: string, certainty: Finding["certainty"]): string {
  // As evidence has it: `table inet filter chain input: udp dport 53 drop # handle 4`.
  const [, table, chain, rest = ""] = /^table (\S+ \S+) chain (\S+?):? (.*)$/.exec(rule) ?? [];
  const place = table === undefined ? undefined : `${table} ${chain}`;
  const accept = acceptText(packet, place);
  const other = place === undefined ? "remove it" : rest.includes("policy drop") ? "change the policy" : removeText(place, rest);
  const change = `${accept}; or ${other}`;
  return certainty === "certain" ? change : `${change}. To see which rule decided: retis diagnose --for 10s --allow-system-changes`;
}

/** Events have the name of the table only. */
function withFamily(rule: string, view: HostView): string {
  const [, name, chain] = /^table (\S+) chain (\S+?):? /.exec(rule) ?? [];
  const tables = (view.output("nft", "-a", "list", "ruleset") ?? "").split(/^(?=table )/m);
  const having = tables.filter((text) => text.split(" ")[2] === name && text.includes(`chain ${chain} {`));
  const family = having.length === 1 ? having[0]!.split(" ")[1] : undefined;
  return family === undefined ? rule : rule.replace(/^table /, `table ${family} `);
}

const transports: Readonly<Record<number, string>> = { [protocolNumbers.tcp]: "tcp", [protocolNumbers.udp]: "udp" };

function acceptText(packet: DropGroup["packet"], place: string | undefined): string {
  const port = packet?.destinationPort;
  const transport = transports[packet?.protocol ?? -1];
  if (place === undefined || port === undefined || transport === undefined) {
    return `Accept the traffic${port === undefined ? "" : ` for port ${port}`} before it`;
  }
  return `Accept it before: nft insert rule ${place} ${transport} dport ${port} accept`;
}

function removeText(place: string, rest: string): string {
  const handle = /\bhandle (\d+)$/.exec(rest)?.[1];
  return handle === undefined
    ? `remove the rule: nft -a list chain ${place}`
    : `remove the rule: nft delete rule ${place} handle ${handle}`;
}

function ruledPacket({ packet, device }: DropGroup, view: HostView): RuledPacket {
  const isForUs = packet && (isOwn(view, packet.destination) || isMulticast(packet.destination) || isBroadcast(view, packet.destination));
  return { packet, device, isForUs };
}

/** What can have dropped it: rules of nftables with verdict drop or reject, chains with policy drop, and those of legacy iptables. */
function droppingRules(view: HostView, ruled: RuledPacket): readonly Evidence[] {
  const legacy = ["iptables-legacy-save", "ip6tables-legacy-save"];
  return [...nftRules(view, ruled), ...legacy.flatMap((command) => legacyRules(view, command, ruled))];
}

function nftRules(view: HostView, ruled: RuledPacket): readonly Evidence[] {
  const source = "nft -a list ruleset";
  const found: Evidence[] = [];
  let table = "";
  let chain = "";
  let hook: string | undefined;
  for (const line of (view.output("nft", "-a", "list", "ruleset") ?? "").split("\n").map((text) => text.trim())) {
    table = /^table (.*?) \{/.exec(line)?.[1] ?? table;
    const begun = /^chain (\S+) \{/.exec(line)?.[1];
    if (begun !== undefined) [chain, hook] = [begun, undefined];
    hook = /^type \S+ hook (\S+)/.exec(line)?.[1] ?? hook;
    const place = `table ${table} chain ${chain}`;
    if (/\bpolicy drop\b/.test(line) && canMatch("", hook, ruled)) found.push({ source, value: `${place}: policy drop` });
    else if (isDroppingRule(line) && canMatch(line, hook, ruled)) {
      found.push({ source, value: `${place}: ${line.replace(/counter packets \d+ bytes \d+ /, "")}` });
    }
  }
  return found;
}

function isDroppingRule(line: string): boolean {
  return /\b(drop|reject)\b/.test(line) && / # handle \d+$/.test(line) && !line.startsWith("chain");
}

function legacyRules(view: HostView, command: string, ruled: RuledPacket): readonly Evidence[] {
  const lines = (view.output(command) ?? "").split("\n");
  const dropping = lines.filter((line) => /^:\w+ DROP\b/.test(line) || /-j (DROP|REJECT)\b/.test(line));
  const matching = dropping.filter((line) => canMatch(line, hookOf(line), ruled));
  return matching.map((line) => ({ source: command, value: /^:/.test(line) ? `chain ${line.slice(1).split(" ")[0]}: policy drop` : line }));
}

/** Of a rule in one of the chains that the kernel calls. */
function hookOf(line: string): string | undefined {
  return /^(?::|-A )(INPUT|FORWARD|OUTPUT)\b/.exec(line)?.[1]?.toLowerCase();
}

/** The table of connections is full: new ones are dropped. */
export const conntrackFull: Check = {
  reasons: ["NETFILTER_DROP", "NOT_SPECIFIED"],
  examine({ reason, location }, view) {
    if (reason === "NOT_SPECIFIED" && !/nf_|ip_vs/.test(location ?? "nf_")) return [];
    const count = Number(view.sysctl("net.netfilter.nf_conntrack_count"));
    const max = Number(view.sysctl("net.netfilter.nf_conntrack_max"));
    if (!(max > 0 && count >= max * 0.95)) return [];
    return [
      {
        id: "conntrack-table-full",
        cause: "The table of connections (conntrack) is full: packets of new connections are dropped",
        certainty: count >= max ? "certain" : "possible",
        evidence: [sysctlEvidence(view, "net.netfilter.nf_conntrack_count"), sysctlEvidence(view, "net.netfilter.nf_conntrack_max")],
        change:
          "Raise the limit: sysctl -w net.netfilter.nf_conntrack_max=N; or do not track what needs no state (notrack), or shorten time-outs",
      },
    ];
  },
};
