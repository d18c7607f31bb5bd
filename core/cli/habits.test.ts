import { describe, expect, test } from "bun:test";
import { parseArguments, createParser } from "./parser.ts";
import { addCollectFlags } from "./collect-flags.ts";
import { filterHint, looksLikeFilter, optionHabit } from "./habits.ts";

const oneInterface = "For one interface: --dev eth0";
const numbers = "Addresses and ports are always shown as numbers: leave it out";

describe("optionHabit", () => {
  test.each([
    ["-i", "eth0", oneInterface],
    ["-ieth0", undefined, oneInterface],
    ["--interface", "eth0", oneInterface],
    ["--interface=eth0", "tcp", oneInterface],
    ["-ni", "eth0", `${numbers}; ${oneInterface}`],
    ["-nieth0", "tcp", `${numbers}; ${oneInterface}`],
    ["-nn", "-i", numbers],
    ["-i", "-n", "All interfaces are traced; for one: --dev eth0"],
    ["-i", "any", "All interfaces are traced; for one: --dev eth0"],
    ["-w", "x.pcap", "Write events with -o x.pcap; 'retis pcap' makes a capture of them"],
    ["-s0", undefined, "Bytes of each packet to capture: --skb-snaplen"],
    ["-s", "128", "Bytes of each packet to capture: --skb-snaplen 128"],
    ["--filter-ifname", "eth0", oneInterface],
    ["--output-stack", undefined, "For stack traces: --stack"],
  ])("%s %s", (option, next, hint) => expect(optionHabit(option, next, true)).toBe(hint));

  test.each(["-y", "--interfaces", "--", "-", "--constructor", "--toString=x", "-\u{1f600}"])("%s is nobody's habit", (option) =>
    expect(optionHabit(option, undefined, true)).toBeUndefined(),
  );

  test("says only what helps with commands that do not collect", () => {
    expect(optionHabit("-n", undefined, false)).toBe(numbers);
    expect(optionHabit("-ni", "eth0", false)).toBe(numbers);
    expect(optionHabit("-i", "eth0", false)).toBeUndefined();
  });

  test("names only options that collect has", () => {
    const parser = createParser("retis collect", "");
    addCollectFlags(parser);
    const known = new Set(parser.options.flatMap(({ long, short }) => [long, short]));
    const options = ["-i", "-n", "-v", "-w", "-r", "-s", "-A", "-q", "-t", "-Q", "-C", "-F", "--count", "--filter-func", "--filter-mark"];
    for (const option of [...options, "--filter-track-skb", "--output-meta", "--output-json", "--output-limit-lines", "--timestamp"]) {
      const named = optionHabit(option, undefined, true)!.match(/(?<![\w-])--?[a-z][\w-]*/g) ?? [];
      for (const name of named) expect([name, known.has(name) || /^--(skb-|log-level)/.test(name)]).toEqual([name, true]);
    }
  });
});

describe("looksLikeFilter", () => {
  test.each(["port 443", "tcp", "tcp[13] & 2 != 0", "(src host a or dst host b)", "not arp", "! icmp", "ip6", "vlan and port 80"])(
    "%s",
    (text) => {
      expect(looksLikeFilter([text])).toBe(true);
      expect(looksLikeFilter(text.split(" "))).toBe(true);
    },
  );

  test.each(["eth0", "skb,skb-drop", "events.json", "", "colect"])("not %s", (text) => expect(looksLikeFilter([text])).toBe(false));
});

test("filterHint gives a command line that is right", () => {
  expect(filterHint(["port", "443"])).toBe("Packet filters follow -f: retis collect -f 'port 443'");
  const parser = createParser("retis collect", "");
  addCollectFlags(parser);
  parseArguments(parser, ["-f", "port 443"]);
  expect(parser.opts()).toMatchObject({ filterPacket: "port 443" });
});
