/** The layouts of namespaces that the scenarios use. */
import { addAddress, connect, createNamespaces, type Namespace } from "./netns.ts";

/** MAC addresses of the veth ends, fixed so that frames can be written by hand. */
export const macs = {
  veth01: "02:00:00:00:42:01",
  veth10: "02:00:00:00:42:02",
  veth12: "02:00:00:00:43:01",
  veth21: "02:00:00:00:43:02",
} as const;

/** A layout: its namespaces in order, `namespaces[0]` is the client side. */
export interface Topology {
  readonly namespaces: readonly Namespace[];
  readonly client: Namespace;
  readonly server: Namespace;
}

async function connectFirstTwo(client: Namespace, server: Namespace): Promise<void> {
  await connect(
    { namespace: client, device: "veth01", mac: macs.veth01, addresses: ["10.0.42.1/24", "1111::1/64", "fe80::42:1/64"] },
    { namespace: server, device: "veth10", mac: macs.veth10, addresses: ["10.0.42.2/24", "1111::2/64", "fe80::42:2/64"] },
  );
}

/** client/veth01 10.0.42.1, 1111::1 — server/veth10 10.0.42.2, 1111::2. */
export async function twoNamespaces(): Promise<Topology> {
  const [client, server] = (await createNamespaces(2)) as [Namespace, Namespace];
  await connectFirstTwo(client, server);
  return { namespaces: [client, server], client, server };
}

/**
 * {@link twoNamespaces} plus VLAN 123 on both ends: veth01.123 10.0.43.1, 2222::1 — veth10.123 10.0.43.2, 2222::2.
 * veth01 leaves the tag in skb metadata (offload); veth10 writes it into the frame.
 */
export async function twoNamespacesVlan(): Promise<Topology> {
  const topology = await twoNamespaces();
  const ends = [
    { namespace: topology.client, device: "veth01", addresses: ["10.0.43.1/24", "2222::1/64"] },
    { namespace: topology.server, device: "veth10", addresses: ["10.0.43.2/24", "2222::2/64"] },
  ];
  await topology.server.run(["ethtool", "-K", "veth10", "tx-vlan-offload", "off"]);
  for (const { namespace, device, addresses } of ends) {
    const vlan = `${device}.123`;
    await namespace.ip(
      `link add link ${device} name ${vlan} type vlan id 123`,
      `link set ${vlan} addrgenmode none`,
      ...addresses.map((address) => addAddress(address, vlan)),
      `link set ${vlan} up`,
    );
  }
  return topology;
}

/**
 * {@link twoNamespaces} plus server/veth12 10.0.43.1, 2222::1 — third/veth21 10.0.43.2, 2222::2; the middle one
 * forwards IPv4 and IPv6, the outer ones have routes through it.
 */
export async function threeNamespaces(): Promise<Topology & { readonly third: Namespace }> {
  const [client, server, third] = (await createNamespaces(3)) as [Namespace, Namespace, Namespace];
  await connectFirstTwo(client, server);
  await connect(
    { namespace: server, device: "veth12", mac: macs.veth12, addresses: ["10.0.43.1/24", "2222::1/64", "fe80::43:1/64"] },
    { namespace: third, device: "veth21", mac: macs.veth21, addresses: ["10.0.43.2/24", "2222::2/64", "fe80::43:2/64"] },
  );
  await server.run(["sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"]);
  await client.ip("route add 10.0.43.0/24 via 10.0.42.2", "route add 2222::/64 via 1111::2");
  await third.ip("route add 10.0.42.0/24 via 10.0.43.1", "route add 1111::/64 via 2222::1");
  return { namespaces: [client, server, third], client, server, third };
}

/** {@link threeNamespaces} where the middle one translates addresses, see {@link natRouter}. */
export type NatTopology = Awaited<ReturnType<typeof threeNamespaces>>;

/** Address that nobody has: what the client sends there, the router passes on to the third namespace, 10.0.43.2. */
export const publicAddress = "10.9.9.9";

const natRules = `table ip nat {
  chain pre { type nat hook prerouting priority -100; ip daddr ${publicAddress} dnat to 10.0.43.2; }
  chain post { type nat hook postrouting priority 100; oifname "veth12" masquerade; }
}`;

/** {@link threeNamespaces} whose router gives {@link publicAddress} to the third one, and its own address to what it passes on. */
export async function natRouter(): Promise<NatTopology> {
  const topology = await threeNamespaces();
  await topology.client.ip(`route add ${publicAddress} via 10.0.42.2`);
  await topology.server.run(["nft", "-f", "-"], { input: natRules });
  return topology;
}

/** client/veth01 10.0.44.1 — veth10, br0, veth12 of `bridge` — server/veth21 10.0.44.2. */
export async function bridged(): Promise<Topology & { readonly bridge: Namespace }> {
  const [client, bridge, server] = (await createNamespaces(3)) as [Namespace, Namespace, Namespace];
  const ends = [
    { namespace: client, device: "veth01", mac: macs.veth01, port: "veth10", portMac: macs.veth10, address: "10.0.44.1/24" },
    { namespace: server, device: "veth21", mac: macs.veth21, port: "veth12", portMac: macs.veth12, address: "10.0.44.2/24" },
  ];
  await bridge.ip("link add br0 type bridge", "link set br0 addrgenmode none", "link set br0 up");
  for (const { namespace, device, mac, port, portMac, address } of ends) {
    await connect({ namespace, device, mac, addresses: [address] }, { namespace: bridge, device: port, mac: portMac, addresses: [] });
    await bridge.ip(`link set ${port} master br0`);
  }
  return { namespaces: [client, bridge, server], client, server, bridge };
}
