import { expect, test } from "bun:test";
import { parseProfiles } from "./parse-profiles.ts";

const head = "version: 1.0\nname: p\n";

function parseOne(text: string) {
  const { profiles } = parseProfiles(text, "x.yaml");
  expect(profiles).toHaveLength(1);
  return profiles[0]!;
}

test("everything that a profile can have", () => {
  const profile = parseOne(`${head}about: Shows it
collect:
  - name: New
    when:
      - {type: version, version: ">= 6.1, < 7"}
      - {type: symbol, name: "skb:kfree_skb"}
      - {type: symbol, name: ip_rcv, exists: false}
    args:
      skb_sections: meta
      collectors: [skb, dev]
      print:
  - args:
pcap:
  - args: {probe: "tp:skb:kfree_skb"}
`);
  expect(profile).toMatchObject({ name: "p", about: "Shows it", source: "x.yaml", warnings: [] });
  expect(profile.sections.collect).toEqual([
    {
      name: "New",
      when: [
        {
          type: "version",
          requirement: [
            { operator: ">=", parts: [6, 1] },
            { operator: "<", parts: [7] },
          ],
        },
        { type: "symbol", name: "skb:kfree_skb", exists: true },
        { type: "symbol", name: "ip_rcv", exists: false },
      ],
      args: [
        { flag: "--collectors", value: ["skb", "dev"] },
        { flag: "--print", value: null },
        { flag: "--skb-sections", value: ["meta"] },
      ],
    },
    { name: "Default", when: [], args: [] },
  ]);
  expect(profile.sections.pcap).toEqual([{ name: "Default", when: [], args: [{ flag: "--probe", value: ["tp:skb:kfree_skb"] }] }]);
});

test("numbers are kept as they were written, booleans are booleans", () => {
  const { sections } = parseOne(
    `${head}collect: [{args: {a: 010, b: 1.0, c: true, d: false, e: 18446744073709551615, f: [1e3, false], g: yes}}]`,
  );
  expect(sections.collect[0]!.args.map(({ value }) => value)).toEqual([
    ["010"],
    ["1.0"],
    true,
    false,
    ["18446744073709551615"],
    ["1e3", "false"],
    ["yes"],
  ]);
});

test("anchors and aliases", () => {
  const { sections } = parseOne(`${head}collect: [{args: {probe: &probes [a, b]}}]\npcap: [{args: {probe: *probes}}]`);
  expect(sections.pcap).toEqual(sections.collect);
});

test("several documents, empty ones among them", () => {
  const { profiles } = parseProfiles(`---\n${head}---\n# nothing\n---\nversion: "1.0"\nname: q\nabout: Second\n`, "x.yaml");
  expect(profiles.map(({ name }) => name)).toEqual(["p", "q"]);
  expect(profiles.map(({ text }) => text)).toEqual(["version: 1.0\nname: p", 'version: "1.0"\nname: q\nabout: Second']);
});

test("a later minor version is used with a warning, another major one is passed over", () => {
  const { profiles, skipped } = parseProfiles("version: 1.3\nname: p\n---\nversion: 2.0\nname: q\nanything: else", "x.yaml");
  expect(profiles[0]!.warnings).toEqual(["it is in format 1.3, which may have what this retis does not know"]);
  expect(profiles).toHaveLength(1);
  expect(skipped).toEqual(['profile "q" is in format 2.0, and this retis reads 1.x']);
});

test("unknown keys are reported, with the one that was probably meant", () => {
  const { warnings } = parseOne(`${head}colect: []\ncollect: [{args: {}, wen: [], when: [{type: symbol, name: x, exist: true}]}]`);
  expect(warnings).toEqual([
    'collect[0].when[0].exist is not a key of profiles and is ignored; did you mean "exists"?',
    'collect[0].wen is not a key of profiles and is ignored; did you mean "when"?',
    'colect is not a key of profiles and is ignored; did you mean "collect"?',
  ]);
});

test.each([
  ["- a", "it is not a mapping"],
  ["name: p", "version is missing"],
  ["version: one\nname: p", 'version is "one" and not of the form 1.0'],
  ["version: 1.0", "name is missing"],
  ["version: 1.0\nname: [a]", "name is not text"],
  [`${head}collect: {}`, "collect is not a list"],
  [`${head}collect: [{}]`, "collect[0].args is missing"],
  [`${head}collect: [{args: [a]}]`, "collect[0].args is not a mapping"],
  [`${head}collect: [{args: {a: {b: c}}}]`, "collect[0].args.a is neither a value nor a list of values"],
  [`${head}collect: [{args: {a: [[b]]}}]`, "collect[0].args.a has an item that is not a value"],
  [`${head}collect: [{args: {a: [~]}}]`, "collect[0].args.a has an item that is not a value"],
  [`${head}pcap: [{args: , when: [{type: moon}]}]`, 'pcap[0].when[0].type is "moon" and neither version nor symbol'],
  [
    `${head}pcap: [{args: , when: [{type: version, version: "6.1"}]}]`,
    'pcap[0].when[0].version is not valid: Invalid kernel version requirement "6.1"',
  ],
  [`${head}pcap: [{args: , when: [{type: symbol, name: x, exists: maybe}]}]`, "pcap[0].when[0].exists is neither true nor false"],
  [`${head}name: q`, "it is not valid YAML: Map keys must be unique at line 3, column 1"],
  [`${head}about: "x`, 'it is not valid YAML: Missing closing "quote at line 3'],
])("%j is not a profile", (text, message) => {
  expect(() => parseProfiles(text, "x.yaml")).toThrow(message);
});
