import { describe, expect, test } from "bun:test";
import type { KernelFacts, Section } from "../../core/api/collector.ts";
import { sectionReader, sectionText, textContext } from "../../test/support/section-reader.ts";
import { connectionNames } from "./connection-names.ts";
import { ctOtherSection, ctSection } from "./section.ts";

const kernel = {
  enumValues: (name: string) =>
    name === "tcp_conntrack" ? [{ name: "TCP_CONNTRACK_ESTABLISHED", value: 3 }] : [{ name: "SCTP_CONNTRACK_COOKIE_WAIT", value: 2 }],
} as unknown as KernelFacts;

const hook = new URL("hook.bpf.o", import.meta.url).pathname;
const readers = new Map(
  [ctSection, ctOtherSection].map((section) => [section, sectionReader("ct", hook, section, connectionNames(kernel))]),
);

const server = "0a000001 00000000 00000000 00000000";
const client = "0a000002 00000000 00000000 00000000";
const [first, second] = ["fe800000 00000000 00000000 00000001", "fe800000 00000000 00000000 00000002"] as const;

/** `struct ct_tuple`: addresses, vtag, source, destination, icmp_type, icmp_code, ip_version, form, protonum, reserved. */
function tuple(src: string, dst: string, rest: string): string {
  return `${src} ${dst} ${rest} 000000`;
}

/** `struct ct_connection`: status, labels, tuples, mark, zone_id, proto_state, zone_dir, present, reserved. */
function connection(status: string, labels: string, orig: string, reply: string, rest: string): string {
  return [status, labels, orig, reply, rest, "000000000000"].join(" ");
}

const noLabels = "0000000000000000 0000000000000000";
const noTuple = tuple("00".repeat(16), "00".repeat(16), "00000000 0000 0000 00 00 06 07 00");
/** `state`, `reserved` */
const tail = (state: string) => `${state} 00000000000000`;

const tcp = connection(
  "8e01000000000000",
  "0200000000000000 0100000000000000",
  tuple(server, client, "00000000 a00f 5000 00 00 04 01 06"), // 4000 > 80
  tuple(client, server, "00000000 5000 a00f 00 00 04 01 06"),
  "42000000 0500 0306 03 0f", // mark 66, zone 5, TCP established, both directions, everything present
);
const udp = connection(
  "0800000000000000",
  noLabels,
  tuple(first, second, "00000000 0500 0600 00 00 06 02 11"),
  tuple(second, first, "00000000 0600 0500 00 00 06 02 11"),
  "00000000 0000 0000 01 03",
);

const udpData = {
  zone_id: 0,
  zone_dir: "Original",
  orig: { ip: { src: "fe80::1", dst: "fe80::2", version: "v6" }, proto: { udp: { sport: 5, dport: 6 } } },
  reply: { ip: { src: "fe80::2", dst: "fe80::1", version: "v6" }, proto: { udp: { sport: 6, dport: 5 } } },
  ct_status: 8,
};
const udpText = "status 0x8 udp orig [fe80::1.5 > fe80::2.6] reply [fe80::2.6 > fe80::1.5] orig-zone 0";

function expectSection(section: Section, hex: string, data: Readonly<Record<string, unknown>>, text: string): void {
  const reader = readers.get(section)!;
  expect(reader.read(hex)).toEqual(data);
  expect(reader.readCbor(hex)).toEqual(data);
  expect(sectionText(section, data)).toBe(text);
}

describe("sections ct and ct-other", () => {
  test("with everything, and a parent of another protocol", () => {
    const data = {
      state: "related",
      zone_id: 5,
      zone_dir: "Default",
      orig: { ip: { src: "10.0.0.1", dst: "10.0.0.2", version: "v4" }, proto: { tcp: { sport: 4000, dport: 80 } } },
      reply: { ip: { src: "10.0.0.2", dst: "10.0.0.1", version: "v4" }, proto: { tcp: { sport: 80, dport: 4000 } } },
      proto_state: "ESTABLISHED",
      mark: 66,
      labels: { hi: 1, lo: 2 },
      ct_status: 0x18e,
      parent: udpData,
    };
    const own =
      "ct_state RELATED status 0x18e tcp (ESTABLISHED) orig [10.0.0.1.4000 > 10.0.0.2.80] reply [10.0.0.2.80 > 10.0.0.1.4000] " +
      "zone 5 mark 66 labels 0x10000000000000002";
    const hex = `${tcp} ${tail("01")} ${udp}`;
    expectSection(ctSection, hex, data, `${own},\\ parent [${udpText}]`);
    expect(Object.keys(readers.get(ctSection)!.read(hex)!)).toEqual(Object.keys(data));
    const [piece] = ctSection.format!(data, { ...textContext(), multiLine: false }, {});
    expect(piece?.text).toEqual([own, `parent [${udpText}]`]);
  });

  test("without a parent", () => {
    expectSection(ctSection, `${udp} ${tail("00")}`, { state: "established", ...udpData }, `ct_state ESTABLISHED ${udpText}`);
  });

  test("of an untracked packet", () => {
    const nothing = connection("0000000000000000", noLabels, noTuple, noTuple, "00000000 0000 0000 00 00");
    expectSection(ctOtherSection, `${nothing} ${tail("07")}`, { state: "untracked" }, "ct_state UNTRACKED");
  });

  test("of a template", () => {
    const template = connection("0808000000000000", noLabels, noTuple, noTuple, "00000000 0700 0000 03 05");
    const data = { state: "new", zone_id: 7, zone_dir: "Default", mark: 0, ct_status: 0x808 };
    expectSection(ctOtherSection, `${template} ${tail("02")}`, data, "ct_state NEW status 0x808 template zone 7 mark 0");
  });

  test("is lost when it is cut", () => {
    expect(readers.get(ctSection)!.read(udp)).toBeUndefined();
  });

  test("on a kernel without zones and marks", () => {
    const { orig, reply } = udpData;
    const data = { state: "new", zone_id: 0, zone_dir: "None", orig, reply, ct_status: 8 };
    expect(sectionText(ctSection, data)).toBe(`ct_state NEW ${udpText.replace(" orig-zone 0", "")}`);
  });

  // The end of a tuple, what `proto` is made of it, and the text of the protocol with both directions alike.
  test.each([
    ["00000000 5700 0000 08 00 04 03 01", { icmp: { code: 0, type: 8, id: 87 } }, "icmp orig [A type 8 code 0 id 87]"],
    ["00000000 5700 0000 80 00 04 05 3a", { icmpv6: { code: 0, type: 128, id: 87 } }, "icmpv6 orig [A type 128 code 0 id 87]"],
    [
      "0df0ad0b 0100 0200 00 00 04 04 84",
      { sctp: { sport: 1, dport: 2, vtag: 0xbadf00d } },
      "sctp (UNKNOWN) orig [10.0.0.1.1 > 10.0.0.2.2 vtag 0xbadf00d]",
    ],
    ["00000000 0100 2000 00 00 04 06 2f", { gre: { srckey: 1, dstkey: 32 } }, "gre orig [A srckey 0x1 dstkey 0x20]"],
    ["00000000 0000 0000 00 00 04 07 2f", { other: { protonum: 47 } }, "proto GRE (47) orig [A]"],
    ["00000000 0100 0200 00 00 04 07 88", { other: { protonum: 136, sport: 1, dport: 2 } }, "proto (136) orig [10.0.0.1.1 > 10.0.0.2.2]"],
  ])("protocol %s", (rest, proto, text) => {
    const both = tuple(server, client, rest);
    const hex = `${connection("0000000000000000", noLabels, both, both, "00000000 0000 0000 00 03")} ${tail("02")}`;
    const direction = { ip: { src: "10.0.0.1", dst: "10.0.0.2", version: "v4" }, proto };
    const own = text.replace("A", "10.0.0.1 > 10.0.0.2");
    const reply = own.slice(own.indexOf("[")).trim();
    const data = { state: "new", zone_id: 0, zone_dir: "None", orig: direction, reply: direction, ct_status: 0 };
    expectSection(
      "icmp" in proto || "sctp" in proto ? ctSection : ctOtherSection,
      hex,
      data,
      `ct_state NEW status 0x0 ${own} reply ${reply}`,
    );
  });
});
