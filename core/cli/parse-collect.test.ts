import { describe, expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import { apiVersion, defineCollector } from "../api/collector.ts";
import type { LoadedCollector } from "../api/loaded-collector.ts";
import type { CollectorRequest } from "./cli-command.ts";
import { defineCollect, type CollectCommand } from "./parse-collect.ts";
import { createParser, parseArguments } from "./parser.ts";
import type { AppliedProfile } from "./profile-arguments.ts";
import { ProfileLibrary } from "../profile/profile-library.ts";

const parts = ["vlan", "meta", "gso"] as const;
const skb = collector("skb", {
  sections: Type.Array(Type.Union(parts.map((part) => Type.Literal(part))), { default: ["vlan"], description: "Parts to collect" }),
  snap: Type.Integer({ default: 256, minimum: 14, maximum: 1024 }),
  quick: Type.Boolean({ default: false }),
  headers: Type.Boolean({ default: true }),
  note: Type.Optional(Type.String()),
});
const dev = collector("dev", {});

function collector(name: string, options: Parameters<typeof Type.Object>[0]): LoadedCollector {
  const declared = defineCollector({
    name,
    summary: name,
    apiVersion,
    sections: [],
    options: Type.Object(options),
    setup: () => ({ hooks: [] }),
  });
  return { collector: declared, directory: undefined, source: "built-in" };
}

let request: CollectorRequest | undefined;

function parse(...args: string[]): Promise<CollectCommand> {
  return parseWith([], args);
}

async function parseWith(profiles: readonly AppliedProfile[], args: readonly string[]): Promise<CollectCommand> {
  const parser = createParser("retis collect", "");
  const loadCollectors = async (requested: CollectorRequest) => {
    request = requested;
    return [skb, dev];
  };
  const chosen = {
    names: [],
    library: new ProfileLibrary(undefined, undefined),
    kernel: () => Promise.reject(new Error("no kernel here")),
  };
  const context = { commandLine: `retis collect ${args.join(" ")}`, loadCollectors, startWorker: () => {}, profiles: chosen };
  const read = await defineCollect(parser, { args, profiles, context });
  parseArguments(parser, args);
  return read();
}

test("defaults", async () => {
  const { options, collectors } = await parse();
  expect(collectors).toEqual([skb, dev]);
  expect(options).toEqual({
    choice: { auto: true, onlyAuto: true, required: [], companions: [], optionsGiven: new Map() },
    collectorOptions: { skb: { sections: ["vlan"], snap: 256, quick: false, headers: true }, dev: {} },
    probes: [],
    filterPacket: undefined,
    filterMeta: undefined,
    fold: true,
    maxRate: 200,
    scope: { dev: undefined, netns: undefined, container: undefined, process: undefined },
    stack: false,
    probeStack: false,
    out: undefined,
    saveRecords: undefined,
    print: true,
    format: "multi-line",
    linkLayer: false,
    time: "boot",
    command: undefined,
    stopAfter: 0,
    allowSystemChanges: false,
    user: undefined,
    kconf: undefined,
    trackingSize: 32768,
    ringSize: 16 * 2 ** 20,
    rings: undefined,
    commandLine: "retis collect ",
  });
});

test("everything given", async () => {
  const { options, collectors } = await parse(
    ..."-c dev,skb -c auto -p tp:skb:kfree_skb -p k:a,b -e -o x.json.zst --out-format cbor --out-rotate 2GB --print".split(" "),
    ..."--stop-after 5 --allow-system-changes --user daemon --kconf /k --utc --format json --ring-size 1M --rings 4 --skb-quick --no-skb-headers".split(
      " ",
    ),
    ...[
      "-f",
      "tcp port 443",
      "--cmd",
      "ping -c 1 ::1",
      "--skb-sections",
      "meta,gso",
      "--skb-sections",
      "vlan",
      "--skb-note=x",
      "--skb-snap",
      "64",
    ],
  );
  expect(collectors).toEqual([skb, dev]);
  expect(options).toMatchObject({
    choice: { auto: true, onlyAuto: false, required: ["skb", "dev"] },
    collectorOptions: { skb: { sections: ["meta", "gso", "vlan"], snap: 64, quick: true, headers: false, note: "x" } },
    probes: ["tp:skb:kfree_skb", "k:a,b"],
    filterPacket: "tcp port 443",
    out: { path: "x.json.zst", form: "cbor", zstd: true, rotate: 2e9 },
    print: true,
    format: "json",
    linkLayer: true,
    time: "utc",
    command: "ping -c 1 ::1",
    stopAfter: 5,
    allowSystemChanges: true,
    user: "daemon",
    kconf: "/k",
    ringSize: 2 ** 20,
    rings: 4,
  });
});

test("-o without a name, before another option or last", async () => {
  const out = { path: "retis.data", form: "cbor", zstd: false, rotate: undefined } as const;
  expect((await parse("-o", "-c", "skb")).options).toMatchObject({ out, print: false });
  expect((await parse("-c", "skb", "--out")).options).toMatchObject({ out, print: false });
});

test("a profile leaves no room for the default probes", async () => {
  expect((await parseWith([{ name: "p", args: [] }], [])).options.choice).toMatchObject({ auto: true, onlyAuto: false });
});

describe("an option of a collector", () => {
  test("is noted for its collector", async () => {
    expect((await parse("--skb-snap", "64")).options.choice.optionsGiven).toEqual(new Map([["skb", "--skb-snap"]]));
    expect((await parse("-c", "auto", "--no-skb-headers")).options.choice.optionsGiven).toEqual(new Map([["skb", "--no-skb-headers"]]));
  });

  test("needs that collector", async () => {
    const error = await parse("-c", "dev", "--skb-snap", "64").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "OPTION_NEEDS_OTHER",
      message: "Option --skb-snap belongs to collector skb, which is not chosen",
      options: { hint: "Add the collector: -c dev,skb" },
    });
  });
});

test("a profile that needs a collector which is not there says so", async () => {
  const needs = (...value: string[]) => parseWith([{ name: "p", args: [{ flag: "--collectors", value }] }], []);
  await needs("skb,auto", "./mine");
  await expect(needs("skb", "dev, nft")).rejects.toThrow('Cannot apply profile "p" to retis collect: unknown collector nft');
});

test("where collectors are is read first, whatever comes between", async () => {
  await parse("--skb-note", "x", "--collector-dir", "/a", "-c", "skb", "--collector-dir=/b");
  expect(request).toEqual({ directories: ["/a", "/b"], paths: [], names: ["skb"], onlyRequested: true });
  await parse("-c", "./mine,dev");
  expect(request).toEqual({ directories: [], paths: ["./mine"], names: ["dev"], onlyRequested: true });
});

test.each([
  [["--skb-sections", "metaa"], 'Invalid value "metaa" for --skb-sections: possible values: vlan, meta, gso'],
  [["--skb-snap", "7"], 'Invalid value "7" for --skb-snap: expected integer to be greater or equal to 14'],
  [["--skb-snap", "x"], 'Invalid value "x" for --skb-snap: not a whole number'],
  [["--skb-snap", "1.5"], 'Invalid value "1.5" for --skb-snap: not a whole number'],
  [["--out-rotate", "1MB"], "Option --out-rotate requires --out"],
  [["--out-format", "cbor"], "Option --out-format requires --out"],
  [["--utc", "--utc"], "Option --utc was given more than once"],
  [["--stop-after", "1", "--stop-after", "1"], "Option --stop-after was given more than once"],
  [["--skb-snapp", "7"], "unknown option '--skb-snapp'\n(Did you mean --skb-snap?)"],
  [["-c", " ,"], 'Invalid value " ," for --collectors: no collector named'],
  [["extra"], "too many arguments"],
  [["--probe"], "argument missing"],
  [["-c", "nothing"], 'Unknown collector "nothing"'],
])("%j is wrong usage", async (args, message) => {
  await expect(parse(...args)).rejects.toThrow(message);
});
