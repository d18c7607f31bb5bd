/** Faults of firewalls: nftables, its tracking of connections, and IPsec. */
import { mustRun } from "../command.ts";
import { address, type Fault, listen, nft, sendMany, sendToPort } from "./place.ts";

const rule = "udp dport 7000 drop";
const conntrackLimit = "net.netfilter.nf_conntrack_max";
const inputChain = "add table ip t\nadd chain ip t in { type filter hook input priority 0;";

const ends = `src ${address.client} dst ${address.server}`;

export const firewallFaults: readonly Fault[] = [
  {
    finding: "firewall-rule",
    make: ({ server }) =>
      nft(
        server,
        `${inputChain} }
add rule ip t in ${rule}
`,
      ),
    provoke: sendToPort,
    mend: ({ server }) => nft(server, "flush chain ip t in\n"),
  },
  {
    finding: "firewall-policy",
    make: ({ server }) =>
      nft(
        server,
        `${inputChain} policy drop; }
`,
      ),
    provoke: sendToPort,
    mend: ({ server }) => nft(server, "chain ip t in { policy accept; }\n"),
  },
  {
    finding: "conntrack-table-full",
    // The limit is one of all namespaces.
    requires: ["nftables", "guest"],
    make: async (place) => {
      await nft(place.server, `${inputChain} }\nadd rule ip t in ct state new accept\n`);
      await listen(place, place.server, "udp", "0.0.0.0");
      const before = await mustRun(["sysctl", "-n", conntrackLimit]);
      place.trial.defer(async () => void (await mustRun(["sysctl", "-qw", `${conntrackLimit}=${before.trim()}`])));
      // Connections must last until they are counted, in slow guests too.
      await place.server.run(["sysctl", "-qw", "net.netfilter.nf_conntrack_udp_timeout=600"]);
      await mustRun(["sysctl", "-qw", `${conntrackLimit}=3`]);
    },
    provoke: (place) => sendMany(place, 6),
    mend: () => mustRun(["sysctl", "-qw", `${conntrackLimit}=1000`]),
  },
  {
    finding: "ipsec-policy",
    requires: ["file:/proc/net/xfrm_stat"],
    make: ({ server }) => server.ip(`xfrm policy add dir in ${ends} tmpl ${ends} proto esp mode transport`),
    provoke: sendToPort,
    mend: ({ server }) => server.ip("xfrm policy deleteall"),
  },
  {
    finding: "ipsec-state-missing",
    at: "client",
    requires: ["file:/proc/net/xfrm_stat"],
    make: ({ client }) => client.ip(`xfrm policy add dir out ${ends} tmpl ${ends} proto esp mode transport`),
    provoke: sendToPort,
    mend: ({ client }) => client.ip("xfrm policy deleteall"),
  },
];
