/** What checks say of a host that is made up: texts and certainty. That they are true, the scenarios show (test/kernel/diagnose.ts). */
import { expect, test } from "bun:test";
import { firewallRule } from "./checks/firewall.ts";
import { noListener, protocolMemory, receiveBuffer } from "./checks/sockets.ts";
import type { DropGroup } from "./drop-groups.ts";
import type { HostView } from "./host-view.ts";

interface Host {
  /** What commands print, by their words. */
  readonly prints?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly settings?: Readonly<Record<string, string>>;
  readonly others?: ReturnType<HostView["others"]>;
}

function view({ prints = {}, files = {}, settings = {}, others = [] }: Host): HostView {
  return {
    file: (path) => files[path],
    initialFile: () => undefined,
    output: (...argv) => prints[argv.join(" ")],
    sysctl: (name) => settings[name],
    cgroupsWithPrograms: () => undefined,
    others: () => others,
  };
}

const packet = {
  version: 4,
  source: "10.0.50.1",
  destination: "10.0.50.2",
  protocol: 17,
  sourcePort: 5000,
  destinationPort: 7000,
  ttl: 64,
  length: 60,
  dontFragment: false,
} as const;

function group(reason: string, ofPacket: Partial<NonNullable<DropGroup["packet"]>> = {}, more: Partial<DropGroup> = {}): DropGroup {
  const place = { location: undefined, namespace: undefined, device: "s0", rule: undefined };
  return { reason, ...place, packet: { ...packet, ...ofPacket }, count: 1, ...more };
}

const ruleset = `table inet filt { # handle 1
	chain forw { # handle 1
		type filter hook forward priority filter; policy drop;
		tcp dport 23 reject # handle 5
	}
	chain inp { # handle 2
		type filter hook input priority filter; policy accept;
		udp dport 7000 counter packets 4 bytes 120 drop # handle 6
		udp dport 7001 drop # handle 7
	}
}
`;
const firewalled = view({
  prints: {
    "nft -a list ruleset": ruleset,
    "ip -o address": "2: s0    inet 10.0.50.2/24 brd 10.0.50.255 scope global s0\\       valid_lft forever",
  },
});

test("of a ruleset the rule that can have matched, with commands that remove it or accept the traffic", () => {
  expect(firewallRule.examine(group("NETFILTER_DROP"), firewalled)).toEqual([
    {
      id: "firewall-rule",
      cause: "The firewall drops it: table inet filt chain inp: udp dport 7000 drop # handle 6",
      certainty: "certain",
      evidence: [{ source: "nft -a list ruleset", value: "table inet filt chain inp: udp dport 7000 drop # handle 6" }],
      change:
        "Accept it before: nft insert rule inet filt inp udp dport 7000 accept; or remove the rule: nft delete rule inet filt inp handle 6",
    },
  ]);
});

test("what is forwarded meets the chains of forwarding; where two fit, neither is certain", () => {
  const found = (destinationPort: number) =>
    firewallRule.examine(group("NETFILTER_DROP", { protocol: 6, destination: "10.0.51.2", destinationPort }), firewalled);
  expect(found(443).map(({ id, certainty, change }) => [id, certainty, change])).toEqual([
    ["firewall-policy", "certain", "Accept it before: nft insert rule inet filt forw tcp dport 443 accept; or change the policy"],
  ]);
  expect(found(23).map(({ id, certainty }) => [id, certainty])).toEqual([
    ["firewall-policy", "possible"],
    ["firewall-rule", "possible"],
  ]);
  expect(found(23)[0]?.change).toEndWith("change the policy. To see which rule decided: retis diagnose --for 10s --allow-system-changes");
});

test("a rule that was traced is the only one; the family of its table is that of the ruleset", () => {
  const change = (rule: string) => firewallRule.examine(group("NETFILTER_DROP", {}, { rule }), firewalled).map((finding) => finding.change);
  expect(change("table filt chain inp handle 6")).toEqual([
    "Accept it before: nft insert rule inet filt inp udp dport 7000 accept; or remove the rule: nft delete rule inet filt inp handle 6",
  ]);
  expect(change("table gone chain inp: drop")).toEqual(["Accept the traffic for port 7000 before it; or remove it"]);
});

const sockets = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n";
const open = (port: string) => `${sockets}  1: 00000000:${port} 00000000:0000 07 00000000:00000000 00:00000000 00000000 0 0 77 2 0 0\n`;

test("a tunnel without its end here; that the other end has the port says nothing", () => {
  const others = [{ name: "a", view: view({ files: { "/proc/net/udp": open("12B5") } }) }];
  const found = noListener.examine(group("NO_SOCKET", { destinationPort: 4789 }), view({ others }));
  expect(found).toMatchObject([{ id: "udp-port-closed", certainty: "certain" }]);
  expect(found[0]?.change).toStartWith("Add the end of the tunnel on this host (ip link add ... type vxlan)");
});

test("a late reply has another possible cause; a port of a server does not get one", () => {
  const host = view({ settings: { "net.ipv4.ip_local_port_range": "32768\t60999" } });
  const found = (sourcePort: number, destinationPort: number) =>
    noListener.examine(group("NO_SOCKET", { sourcePort, destinationPort }), host).map(({ id, certainty }) => [id, certainty]);
  expect(found(53, 40_000)).toEqual([
    ["udp-reply-late", "possible"],
    ["udp-port-closed", "possible"],
  ]);
  expect(found(40_000, 53)).toEqual([["udp-port-closed", "certain"]]);
});

test("a TCP packet that does not open a connection is not a matter of who listens", () => {
  const found = (opensConnection: boolean) => noListener.examine(group("NO_SOCKET", { protocol: 6, opensConnection }), view({}));
  expect(found(false).map(({ id }) => id)).toEqual(["tcp-connection-unknown"]);
  expect(found(true).map(({ id }) => id)).toEqual(["tcp-port-closed"]);
});

test("a full socket that was closed since is possible only", () => {
  expect(receiveBuffer.examine(group("SOCKET_RCVBUFF"), view({}))).toMatchObject([
    { certainty: "possible", evidence: [{ value: "no socket with port 7000 now" }, {}, {}] },
  ]);
});

test("memory of a protocol is certain only while it is used up; TCP is known by the place where packets have no headers", () => {
  const host = (pages: number) =>
    view({
      files: { "/proc/net/sockstat": `TCP: inuse 1 orphan 0 tw 0 alloc 2 mem ${pages}\nUDP: inuse 1 mem ${pages}\n` },
      settings: { "net.ipv4.udp_mem": "80\t90\t100", "net.ipv4.tcp_mem": "80\t90\t100" },
    });
  const certainty = (pages: number, ...of: Parameters<typeof group>) =>
    protocolMemory.examine(group(...of), host(pages)).map((finding) => finding.certainty);
  expect(certainty(95, "PROTO_MEM")).toEqual(["certain"]);
  expect(certainty(20, "PROTO_MEM")).toEqual(["possible"]);
  expect(certainty(95, "PROTO_MEM", {}, { packet: undefined, location: "tcp_data_queue" })).toEqual(["certain"]);
  expect(certainty(95, "PROTO_MEM", {}, { packet: undefined, location: "sctp_rcv" })).toEqual([]);
});
