import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { sectionReader, sectionText, textContext } from "../../test/support/section-reader.ts";
import collector from "./collector.ts";
import { packetSection, skbSection } from "./section.ts";

const hook = new URL("hook.bpf.o", import.meta.url).pathname;
const linkLayer = textContext({ linkLayer: true });

describe("packet section", () => {
  const reader = sectionReader("skb", hook, packetSection);
  // Ethernet 02:…:0a > 02:…:0b / ARP request for 10.0.42.2
  const arp = "02000000000b 02000000000a 0806 0001 0800 06 04 0001 02000000000a 0a002a01 000000000000 0a002a02";

  test("real Ethernet header", () => {
    // u32 len 42, u32 capture_len 42, u8 flags 0, reserved
    const data = reader.read(`2a000000 2a000000 00000000 00000000 ${arp}`)!;
    expect(data).toEqual({ len: 42, capture_len: 42, data: Uint8Array.fromHex(arp.replaceAll(" ", "")) });
    expect(sectionText(packetSection, data)).toBe("request who-has 10.0.42.2 tell 10.0.42.1");
    expect(sectionText(packetSection, data, linkLayer)).toBe(
      "02:00:00:00:00:0a > 02:00:00:00:00:0b ethertype ARP (0x0806) request who-has 10.0.42.2 tell 10.0.42.1",
    );
  });

  test("made-up Ethernet header is marked", () => {
    const header = "000000000000 000000000000 0800";
    // IPv4, protocol 253, 10.0.0.1 > 10.0.0.2, no payload
    const ip = "45 00 0014 0000 0000 40 fd 0000 0a000001 0a000002";
    const data = reader.read(`22000000 22000000 01000000 00000000 ${header} ${ip}`)!;
    expect(data).toMatchObject({ len: 34, capture_len: 34, synthetic_eth: true });
    expect(sectionText(packetSection, data)).toStartWith("10.0.0.1 > 10.0.0.2 tos 0x0 ttl 64");
    expect(sectionText(packetSection, data, linkLayer)).toStartWith("(synthetic) 00:00:00:00:00:00 > 00:00:00:00:00:00 ethertype IPv4");
  });

  test("fewer bytes sent than promised", () => {
    const data = reader.read("64000000 64000000 00000000 00000000 0102030405")!;
    expect(data["data"]).toEqual(new Uint8Array([1, 2, 3, 4, 5]));
  });
});

describe("skb section", () => {
  const reader = sectionReader("skb", hook, skbSection);
  const members = {
    vlan: "0081 7b00 03 01", // proto 0x8100, vid 123, pcp 3, dei
    checksum: "03 00", // ip_summed partial, csum_level
    meta: "2a000000 0a000000 efbeadde 22001000 06000000", // len 42, data_len 10, hash, csum (start 34 off 16), priority 6
    references: "00 01 02", // nohdr, cloned, fclone 2
    counts: "01000000 02000100", // users 1; dataref 2, of these 1 to the payload
    gso: "03 00 0200 a8050000 04000000 10000000", // 3 fragments, (queue_mapping 2), size 1448, 4 segments, type 0x10
    mark: "2a000000",
  };
  const payload = (present: string) =>
    [present, members.vlan, members.checksum, members.meta, members.references, "01", members.counts, members.gso, members.mark].join(" ");
  const all = {
    vlan_accel: { proto: 33024, pcp: 3, dei: true, vid: 123 },
    meta: { len: 42, data_len: 10, hash: 3735928559, ip_summed: 3, csum: 1048610, csum_level: 0, priority: 6, mark: 42, queue_mapping: 2 },
    data_ref: { nohdr: false, cloned: true, fclone: 2, users: 1, dataref: 2, payload_refs: 1 },
    gso: { flags: 1, frags: 3, size: 1448, segs: 4, type: 16 },
  };

  test("everything present", () => {
    expect(reader.read(payload("0f000000"))).toEqual(all);
    expect(reader.readCbor(payload("0f000000"))).toEqual(all);
    expect(sectionText(skbSection, all, linkLayer)).toBe(
      "vlan_accel (ethertype 802.1Q (0x8100) vlan 123 p 3 DEI) " +
        "skb [csum partial (start 34 off 16) hash 0xdeadbeef len 42 data_len 10 priority 6 mark 0x2a queue_mapping 2 cloned fclone 2 users 1 dataref 2] " +
        "gso [type 0x10 flags 0x1 frags 3 segs 4 size 1448]",
    );
  });

  test.each([
    [1, { vlan_accel: all.vlan_accel }, ""],
    [2, { meta: all.meta }, "skb [csum partial (start 34 off 16) hash 0xdeadbeef len 42 data_len 10 priority 6 mark 0x2a queue_mapping 2]"],
    [4, { data_ref: all.data_ref }, "skb [cloned fclone 2 users 1 dataref 2]"],
    [8, { gso: all.gso }, "gso [type 0x10 flags 0x1 frags 3 segs 4 size 1448]"],
  ])("only the part of bit mask %d", (bit, data, text) => {
    expect(reader.read(payload(`0${bit}000000`))).toEqual(data);
    expect(sectionText(skbSection, data)).toBe(text);
  });

  test.each([
    [0, "none"],
    [1, "unnecessary (level 2)"],
    [2, "complete (0xbeef0001)"],
    [3, "partial (start 1 off 48879)"],
    [4, "unknown (4)"],
  ])("checksum state %d", (ip_summed, text) => {
    const meta = { len: 1, data_len: 0, hash: 0, ip_summed, csum: 0xbeef0001, csum_level: 2, priority: 0 };
    expect(sectionText(skbSection, { meta })).toBe(`skb [csum ${text} len 1 priority 0]`);
  });

  test("a tag protocol without a name", () => {
    const vlan_accel = { proto: 0x1234, pcp: 0, dei: false, vid: 1 };
    expect(sectionText(skbSection, { vlan_accel }, linkLayer)).toBe("vlan_accel (ethertype (0x1234) vlan 1 p 0)");
  });

  test("small values are left out", () => {
    const gso = { flags: 0, frags: 0, size: 100, segs: 0, type: 1 };
    const data_ref = { nohdr: true, cloned: false, fclone: 0, users: 300, dataref: 1 };
    expect(sectionText(skbSection, { data_ref, gso })).toBe("skb [nohdr users 300 dataref 1] gso [type 0x1 size 100]");
  });
});

test("the option's limit is the hook's", () => {
  const snaplen = collector.options!.properties["snaplen"] as unknown as { readonly maximum: number };
  expect(readFileSync(new URL("hook.bpf.c", import.meta.url), "utf8")).toContain(`#define SNAPLEN_MAX ${snaplen.maximum}\n`);
});
