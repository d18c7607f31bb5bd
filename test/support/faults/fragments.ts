/** Faults of reassembly (net/ipv4/ip_fragment.c). */
import { ethernet, ethertype, type Fragment, ipv4, protocol, udp } from "../frames.ts";
import { kernelCounter, sendFrames } from "../traffic.ts";
import { address, type Fault, macs, mended, type Place, port, sysctl } from "./place.ts";

const route = { source: address.client, destination: address.server };
const datagram = udp(route, { sourcePort: 5000, destinationPort: port, payload: Buffer.alloc(1000, "x") });
const ownAddress = "10.85.0.2";
const firstLength = 504;

type Part = "first" | "last";

/** A fragment of the datagram, in the packet with this identification. */
function fragment(id: number, part: Part, to: string): Buffer {
  const isLast = part === "last";
  const place: Fragment = { id, offset: isLast ? firstLength : 0, isLast };
  const payload = isLast ? datagram.subarray(firstLength) : datagram.subarray(0, firstLength);
  const packet = ipv4(address.client, to, protocol.udp, payload, { fragment: place });
  return ethernet(macs.server, macs.client, ethertype.ipv4, packet);
}

type Parts = readonly (readonly [number, Part])[];

function send(place: Place, ...parts: Parts): Promise<void> {
  return sendTo(address.server, place, parts);
}

function sendTo(to: string, { client }: Place, parts: Parts): Promise<void> {
  return sendFrames(
    client,
    "c0",
    parts.map(([id, part]) => fragment(id, part, to)),
  );
}

const whole = (place: Place, id: number) => send(place, [id, "first"], [id, "last"]);

/** The kernel gives up after a second, the shortest time that can be set. */
async function waitForTimeout({ server }: Place): Promise<void> {
  for (let attempt = 0; attempt < 300 && (await kernelCounter(server, "IpReasmTimeout")) === 0; attempt++) await Bun.sleep(20);
}

export const fragmentFaults: readonly Fault[] = [
  {
    finding: "fragments-incomplete",
    requires: ["drop-reason:FRAG_REASM_TIMEOUT"],
    make: sysctl("server", "net.ipv4.ipfrag_time=1"),
    provoke: async (place) => {
      if (mended.has(place)) return whole(place, 2);
      await send(place, [1, "first"]);
      await waitForTimeout(place);
    },
    mend: async (place) => mended.add(place),
  },
  {
    finding: "fragments-duplicated",
    requires: ["drop-reason:DUP_FRAG"],
    provoke: (place) => (mended.has(place) ? whole(place, 2) : send(place, [1, "first"], [1, "first"], [1, "last"])),
    mend: async (place) => mended.add(place),
  },
  {
    // What is counted is fragments of one sender between two of a packet. Those that wait have no device any more, so that their
    // namespace is found by an address that no other place has.
    finding: "fragments-reordered",
    requires: ["drop-reason:FRAG_TOO_FAR"],
    make: async (place) => {
      await sysctl("server", "net.ipv4.ipfrag_max_dist=1")(place);
      await place.server.ip(`address add ${ownAddress}/32 dev lo`);
    },
    provoke: (place) =>
      sendTo(ownAddress, place, [
        [1, "first"],
        [2, "first"],
        [3, "first"],
        [1, "last"],
        [2, "last"],
        [3, "last"],
      ]),
    mend: sysctl("server", "net.ipv4.ipfrag_max_dist=64"),
  },
  {
    // The first packet still gets in: the limit is compared with what is there.
    finding: "fragment-memory-full",
    requires: ["drop-reasons"],
    make: sysctl("server", "net.ipv4.ipfrag_low_thresh=1", "net.ipv4.ipfrag_high_thresh=1"),
    provoke: (place) => send(place, [1, "first"], [2, "first"], [3, "first"]),
    mend: sysctl("server", "net.ipv4.ipfrag_high_thresh=4194304"),
  },
];
