/** Several faults at once in one place, and which drops each of them is the cause of. */
import { join } from "node:path";
import { sendDatagram } from "../namespace-sockets.ts";
import { sendFrame, sendUdp, tryTcp } from "../traffic.ts";
import { address, end, frame, hold, listen, nft, type Place, port, receive, sysctl } from "./place.ts";

/** A fault's part of the answer. */
export interface Part {
  readonly finding: string;
  /** How often packets are dropped for it; undefined where that depends on the machine. */
  readonly drops?: number;
  /** What its evidence or cause must say, and those of no other part. */
  readonly says: RegExp;
  /** Where something else fits too. */
  readonly certainty?: "possible";
}

export interface Combination {
  readonly name: string;
  readonly requires?: readonly string[];
  make(place: Place): Promise<unknown>;
  provoke(place: Place): Promise<unknown>;
  /** Mends the first part; the others stay. */
  mend(place: Place): Promise<unknown>;
  /** In the server's namespace, those of the most drops first. */
  readonly parts: readonly Part[];
}

const inputChain = "add table ip t\nadd chain ip t in { type filter hook input priority 0; }\n";

async function times(count: number, action: () => Promise<unknown>): Promise<void> {
  for (let done = 0; done < count; done++) await action();
}

const fillBuffer = ({ client }: Place) => {
  for (let sent = 0; sent < 20; sent++) sendDatagram(client, address.server, port, Buffer.alloc(1000, "x"));
};

export const combinations: readonly Combination[] = [
  {
    name: "a full socket buffer, a firewall rule and the reverse path filter",
    requires: ["nftables"],
    make: async (place) => {
      await sysctl("server", "net.ipv4.conf.all.rp_filter=1", "net.ipv4.conf.s0.rp_filter=1")(place);
      await hold(
        place,
        place.server,
        "/usr/bin/python3",
        join(import.meta.dir, "../stubborn-receiver.py"),
        "slow",
        address.server,
        String(port),
      );
      await nft(place.server, `${inputChain}add rule ip t in udp dport 7001 drop\n`);
    },
    provoke: async (place) => {
      fillBuffer(place);
      await times(5, () => sendUdp(place.client, address.server, 7001));
      await sendFrame(place.client, "c0", frame("10.99.0.1", address.server), 3);
    },
    mend: async (place) => {
      await end(place.server);
      await listen(place, place.server, "udp", "0.0.0.0");
    },
    parts: [
      { finding: "receive-buffer-full", says: /port 7000: \d+ bytes wait/ },
      { finding: "firewall-rule", drops: 5, says: /udp dport 7001 drop/ },
      { finding: "reverse-path-filter", drops: 3, says: /10\.99\.0\.1/ },
    ],
  },
  {
    // The same reason, place, namespace and device for all.
    name: "three rules of a firewall, of which two can have dropped the same packets",
    requires: ["nftables"],
    make: ({ server }) =>
      nft(
        server,
        `${inputChain}add rule ip t in udp dport 7001 drop
add rule ip t in udp dport 7002 drop
add rule ip t in ip saddr ${address.client} udp dport { 7002, 7003 } drop
`,
      ),
    provoke: async ({ client }) => {
      await times(7, () => sendUdp(client, address.server, 7001));
      await times(4, () => sendUdp(client, address.server, 7002));
      await times(2, () => sendUdp(client, address.server, 7003));
    },
    mend: async (place) => {
      const rules = await place.server.run(["nft", "-a", "list", "chain", "ip", "t", "in"]);
      const handle = /udp dport 7001 drop # handle (\d+)/.exec(rules)?.[1];
      await nft(place.server, `delete rule ip t in handle ${handle}\n`);
      await hold(place, place.server, "/usr/bin/python3", "-c", receive, "udp", "0.0.0.0", "7001");
    },
    parts: [
      { finding: "firewall-rule", drops: 7, says: /udp dport 7001 drop/ },
      { finding: "firewall-rule", drops: 4, says: /udp dport 7002 drop/, certainty: "possible" },
      { finding: "firewall-rule", drops: 2, says: /udp dport \{ 7002, 7003 \} drop/ },
    ],
  },
  {
    name: "a port without a listener, one on another address and one in another namespace",
    make: async (place) => {
      await hold(place, place.server, "/usr/bin/python3", "-c", receive, "tcp", "127.0.0.1", "7095");
      await hold(place, place.client, "/usr/bin/python3", "-c", receive, "udp", "0.0.0.0", "7096");
    },
    provoke: async ({ client }) => {
      await times(6, () => sendUdp(client, address.server, 7094));
      await times(4, () => tryTcp(client, address.server, 7095));
      await times(2, () => sendUdp(client, address.server, 7096));
    },
    mend: (place) => hold(place, place.server, "/usr/bin/python3", "-c", receive, "udp", "0.0.0.0", "7094"),
    parts: [
      { finding: "udp-port-closed", drops: 6, says: /no open socket with port 7094/ },
      { finding: "tcp-listens-on-other-address", drops: 4, says: /127\.0\.0\.1 port 7095/ },
      { finding: "udp-listens-in-other-namespace", drops: 2, says: /no open socket with port 7096/, certainty: "possible" },
    ],
  },
  {
    name: "a router with a missing route, one that refuses and a loop",
    make: async (place) => {
      await sysctl("server", "net.ipv4.ip_forward=1")(place);
      await place.server.ip("route add unreachable 10.78.0.0/16", "route add 10.80.0.0/16 via 10.0.50.1");
    },
    provoke: async ({ client }) => {
      await sendFrame(client, "c0", frame(address.client, "10.77.0.1"), 6);
      await sendFrame(client, "c0", frame(address.client, "10.78.0.1"), 4);
      await sendFrame(client, "c0", frame(address.client, "10.80.0.1", { ttl: 1 }), 2);
    },
    mend: ({ server }) => server.ip("route add 10.77.0.0/16 dev lo", "address add 10.77.0.1/32 dev lo"),
    parts: [
      { finding: "no-route", drops: 6, says: /No route leads to 10\.77\.0\.1/ },
      { finding: "refusing-route", drops: 4, says: /unreachable 10\.78\.0\.0\/16/ },
      { finding: "ttl-expired", drops: 2, says: /packets to 10\.80\.0\.1/ },
    ],
  },
];
