/** Faults of devices, their queues, filters and tunnels. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { compileBpf } from "../compile-c.ts";
import { sendUdp } from "../traffic.ts";
import { address, type Fault, listen, macs, mended, port, send, sendMany, sendToPort } from "./place.ts";

/** A program of a tun device that puts a UDP packet into it, which the kernel does not take while the device is down. */
const writeToTun = `
import fcntl, os, socket, struct
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454ca, 0x0001, 0x1000  # include/uapi/linux/if_tun.h
tun = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", b"tun0", IFF_TUN | IFF_NO_PI))
payload = struct.pack(">HHHH", 5000, 7000, 13, 0) + b"hello"
addresses = socket.inet_aton("10.83.0.2") + socket.inet_aton("10.83.0.1")
words = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0, 64, 17, 0) + addresses
total = sum(struct.unpack(">10H", words))
checksum = ~((total & 0xffff) + (total >> 16)) & 0xffff
try:
    os.write(tun, words[:10] + struct.pack(">H", checksum) + words[12:] + payload)
except OSError as error:
    if error.errno != 5:  # EIO: the device is down
        raise
`;

export const linkFaults: readonly Fault[] = [
  {
    finding: "wrong-mac-address",
    make: ({ client }) => client.ip("neigh replace 10.0.50.2 lladdr 02:00:00:00:99:99 dev c0 nud permanent"),
    provoke: sendToPort,
    mend: ({ client }) => client.ip(`neigh replace 10.0.50.2 lladdr ${macs.server} dev c0 nud permanent`),
  },
  {
    // The sender corrects its checksums.
    finding: "bad-checksum",
    provoke: (place) => send(address.client, address.server, { badChecksum: !mended.has(place) })(place),
    mend: async (place) => mended.add(place),
  },
  {
    finding: "queue-full",
    at: "client",
    requires: ["qdisc:root tbf rate 8kbit burst 1600 limit 2000"],
    make: ({ client }) => client.run(["tc", "qdisc", "add", "dev", "c0", "root", "tbf", "rate", "8kbit", "burst", "1600", "limit", "2000"]),
    provoke: (place) => sendMany(place, 20),
    mend: ({ client }) => client.run(["tc", "qdisc", "del", "dev", "c0", "root"]),
  },
  {
    finding: "traffic-control-filter",
    requires: ["tc-drop"],
    make: async ({ server }) => {
      await server.run(["tc", "qdisc", "add", "dev", "s0", "clsact"]);
      await server.run(["tc", "filter", "add", "dev", "s0", "ingress", "matchall", "action", "drop"]);
    },
    provoke: sendToPort,
    mend: ({ server }) => server.run(["tc", "filter", "del", "dev", "s0", "ingress"]),
  },
  {
    finding: "xdp-program",
    requires: ["clang"],
    make: async ({ trial, server }) => {
      // XDP_DROP (include/uapi/linux/bpf.h).
      const text = '__attribute__((section("xdp"), used)) int drop(void *ctx) { return 1; }\n';
      const object = join(trial.directory, "drop.o");
      writeFileSync(object, compileBpf({ source: { text } }));
      await server.run(["ip", "link", "set", "dev", "s0", "xdpgeneric", "obj", object, "sec", "xdp"]);
    },
    provoke: sendToPort,
    mend: async (place) => {
      await listen(place, place.server, "udp", "0.0.0.0");
      await place.server.run(["ip", "link", "set", "dev", "s0", "xdpgeneric", "off"]);
    },
  },
  {
    finding: "no-carrier",
    at: "client",
    make: ({ server }) => server.ip("link set s0 down"),
    provoke: sendToPort,
    mend: ({ server }) => server.ip("link set s0 up"),
  },
  {
    finding: "device-down",
    make: ({ server }) => server.ip("link set lo down"),
    provoke: ({ server }) => sendUdp(server, address.server, port),
    mend: ({ server }) => server.ip("link set lo up"),
  },
  {
    finding: "device-down",
    name: "device-down: tun",
    requires: ["tun"],
    make: ({ server }) => server.ip("tuntap add tun0 mode tun", "address add 10.83.0.1/24 dev tun0"),
    provoke: ({ server }) => server.run(["/usr/bin/python3", "-c", writeToTun]),
    mend: ({ server }) => server.ip("link set tun0 up"),
  },
  {
    finding: "unknown-vni",
    requires: ["vxlan"],
    make: async ({ client, server }) => {
      await client.ip(
        `link add vx type vxlan id 5 remote ${address.server} dstport 4789 dev c0`,
        "address add 10.82.0.1/24 dev vx",
        "link set vx up",
      );
      await client.ip("neigh add 10.82.0.2 lladdr 02:00:00:00:82:02 dev vx");
      await server.ip(
        `link add vx type vxlan id 6 remote ${address.client} dstport 4789 dev s0`,
        "address add 10.82.0.2/24 dev vx",
        "link set vx up",
      );
    },
    provoke: ({ client }) => sendUdp(client, "10.82.0.2", port),
    mend: async ({ server }) => {
      await server.ip("link del vx");
      await server.ip(`link add vx type vxlan id 5 remote ${address.client} dstport 4789 dev s0`, "link set vx up");
    },
  },
  {
    finding: "bridge-down",
    requires: ["bridge", "drop-reason:BRIDGE_INGRESS_STP_STATE"],
    make: ({ server }) => server.ip("link add name bridge0 type bridge", "link set s0 master bridge0"),
    provoke: sendToPort,
    mend: ({ server }) => server.ip("link set bridge0 up"),
  },
  {
    // The bridge forwards to its other port; to its own device go frames for others only while that is promiscuous.
    finding: "promiscuous-device",
    requires: ["bridge"],
    make: async ({ client, server }) => {
      await server.ip(
        "link add name bridge0 type bridge",
        `link add name s1 type veth peer name c1 netns ${client.name}`,
        "link set s0 master bridge0",
        "link set s1 master bridge0",
        "link set s1 up",
        "link set bridge0 up promisc on",
      );
      await client.ip("link set c1 up");
    },
    provoke: send(address.client, address.server, { mac: "02:00:00:00:50:77" }),
    mend: ({ server }) => server.ip("link set bridge0 promisc off"),
  },
  {
    finding: "bridge-port-blocked",
    requires: ["bridge", "drop-reason:BRIDGE_INGRESS_STP_STATE"],
    make: ({ server }) => server.ip("link add name bridge0 type bridge stp_state 1", "link set bridge0 up", "link set s0 master bridge0"),
    provoke: sendToPort,
    mend: ({ server }) => server.ip("link set bridge0 type bridge stp_state 0", "link set s0 down", "link set s0 up"),
  },
];
