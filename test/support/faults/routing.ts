/** Faults of routes, addresses and neighbours. */
import { ethernet, ethertype, ipv4, protocol, udp } from "../frames.ts";
import { sendFrame, sendUdp } from "../traffic.ts";
import { address, type Fault, macs, port, send, sysctl } from "./place.ts";

const forwarding = sysctl("server", "net.ipv4.ip_forward=1");

export const routingFaults: readonly Fault[] = [
  {
    finding: "reverse-path-filter",
    make: sysctl("server", "net.ipv4.conf.all.rp_filter=1", "net.ipv4.conf.s0.rp_filter=1"),
    provoke: send("10.99.0.1", address.server),
    mend: ({ server }) => server.ip("route add 10.99.0.0/16 dev s0"),
  },
  {
    finding: "no-route",
    make: forwarding,
    provoke: send(address.client, "10.77.0.1"),
    mend: ({ server }) => server.ip("route add 10.77.0.0/16 dev lo", "address add 10.77.0.1/32 dev lo"),
  },
  {
    finding: "refusing-route",
    make: async (place) => {
      await forwarding(place);
      await place.server.ip("route add unreachable 10.78.0.0/16");
    },
    provoke: send(address.client, "10.78.0.1"),
    mend: ({ server }) => server.ip("route del unreachable 10.78.0.0/16", "address add 10.78.0.1/32 dev lo"),
  },
  {
    finding: "refusing-route",
    name: "refusing-route: IPv6",
    make: async (place) => {
      await sysctl("server", "net.ipv6.conf.all.forwarding=1")(place);
      await place.server.ip("route add blackhole fd78::/64");
    },
    provoke: send(address.clientV6, "fd78::1"),
    mend: ({ server }) => server.ip("route del blackhole fd78::/64", "address add fd78::1/128 dev lo nodad"),
  },
  {
    finding: "forwarding-off",
    name: "forwarding-off: IPv6",
    provoke: send(address.clientV6, "fd79::1"),
    make: ({ server }) => server.ip("route add fd79::/64 via fd50::1"),
    mend: sysctl("server", "net.ipv6.conf.all.forwarding=1"),
  },
  {
    finding: "forwarding-off",
    make: ({ server }) => server.ip("route add 10.79.0.0/16 via 10.0.50.1"),
    provoke: send(address.client, "10.79.0.1"),
    mend: forwarding,
  },
  {
    finding: "ttl-expired",
    make: async (place) => {
      await forwarding(place);
      await sysctl("client", "net.ipv4.ip_forward=1")(place);
      await place.server.ip("route add 10.80.0.0/16 via 10.0.50.1");
      await place.client.ip("route add 10.80.0.0/16 via 10.0.50.2");
    },
    provoke: send(address.client, "10.80.0.1", { ttl: 1 }),
    mend: ({ server }) => server.ip("route del 10.80.0.0/16", "address add 10.80.0.1/32 dev lo"),
  },
  {
    finding: "local-source-address",
    requires: ["drop-reason:IP_LOCAL_SOURCE"],
    provoke: send(address.server, address.server),
    mend: sysctl("server", "net.ipv4.conf.s0.accept_local=1", "net.ipv4.conf.all.accept_local=1"),
  },
  {
    finding: "loopback-address-from-outside",
    requires: ["drop-reason:IP_LOCALNET"],
    provoke: send(address.client, "127.0.0.1"),
    mend: sysctl("server", "net.ipv4.conf.s0.route_localnet=1"),
  },
  {
    finding: "ipv6-disabled",
    make: sysctl("server", "net.ipv6.conf.s0.disable_ipv6=1"),
    provoke: send(address.clientV6, address.serverV6),
    mend: sysctl("server", "net.ipv6.conf.s0.disable_ipv6=0"),
  },
  {
    finding: "mtu-exceeded",
    make: async (place) => {
      await forwarding(place);
      await place.server.ip(
        "link add narrow type veth peer name narrow1",
        "link set narrow mtu 1000 up",
        "address add 10.81.0.1/16 dev narrow",
      );
    },
    provoke: ({ client }) => sendFrame(client, "c0", largeFrame("10.81.0.2")),
    mend: ({ server }) => server.ip("link set narrow mtu 1500"),
  },
  {
    finding: "neighbour-unresolved",
    at: "client",
    provoke: async ({ client }) => {
      await sendUdp(client, "10.0.50.77", port);
      await client.run(["sh", "-c", "for i in $(seq 50); do ip neigh show 10.0.50.77 | grep -q FAILED && break; sleep 0.1; done"]);
      await sendUdp(client, "10.0.50.77", port);
    },
    make: sysctl("client", "net.ipv4.neigh.c0.retrans_time_ms=100", "net.ipv4.neigh.c0.mcast_solicit=1"),
    mend: ({ server }) => server.ip("address add 10.0.50.77/24 dev s0"),
  },
];

/** A UDP packet of 1,400 bytes that must not be fragmented. */
function largeFrame(to: string): Buffer {
  const route = { source: address.client, destination: to };
  const datagram = udp(route, { sourcePort: 5000, destinationPort: port, payload: Buffer.alloc(1372, "x") });
  const packet = ipv4(address.client, to, protocol.udp, datagram, { dontFragment: true });
  return ethernet(macs.server, macs.client, ethertype.ipv4, packet);
}
