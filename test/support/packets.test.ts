import { expect, test } from "bun:test";
import { ethernet, ethertype, ipv4, ipv6, protocol, tcpSyn, udp, vlanTag } from "./frames.ts";
import { packetFields } from "./packet-fields.ts";

const client = "02:00:00:00:42:01";
const server = "02:00:00:00:42:02";

test("a UDP frame has the checksums of RFC 791 and RFC 768", () => {
  const route = { source: "10.0.42.1", destination: "10.0.42.2" };
  const datagram = udp(route, { sourcePort: 1000, destinationPort: 2000, payload: Buffer.from("abc") });
  const frame = ethernet(server, client, ethertype.ipv4, ipv4(route.source, route.destination, protocol.udp, datagram));
  // tcpdump -vv on these bytes: no "bad cksum", "[udp sum ok]".
  expect(frame.toString("hex")).toBe(
    "020000004202020000004201" + "0800" + "4500001f1234000040110098" + "0a002a010a002a02" + "03e807d0000bc7ba" + "616263",
  );
});

test("fields are read back from IPv4, IPv6 and tagged frames", () => {
  const v4 = { source: "10.0.42.1", destination: "10.0.42.2" };
  const v6 = { source: "1111::1", destination: "1111::2" };
  const syn = ipv4(v4.source, v4.destination, protocol.tcp, tcpSyn(v4, { sourcePort: 1, destinationPort: 2 }));
  const datagram = ipv6(v6.source, v6.destination, protocol.udp, udp(v6, { sourcePort: 3, destinationPort: 4 }));

  expect(packetFields(ethernet(server, client, ethertype.ipv4, syn).toString("base64"))).toEqual({
    ethernet: { source: client, destination: server, type: 0x0800 },
    ip: { version: 4, ...v4, ttl: 64, protocol: 6 },
    ports: { source: 1, destination: 2 },
    tcpFlags: 2,
  });
  expect(packetFields(ethernet(server, client, ethertype.vlan, vlanTag(123, ethertype.ipv6, datagram)).toString("base64"))).toEqual({
    ethernet: { source: client, destination: server, type: 0x8100 },
    vlan: { vid: 123, pcp: 0, type: 0x86dd },
    ip: { version: 6, ...v6, ttl: 64, protocol: 17 },
    ports: { source: 3, destination: 4 },
  });
});
