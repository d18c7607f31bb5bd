import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Collector, defineSection, Type } from "../api/collector.ts";
import type { LoadedCollector } from "../api/loaded-collector.ts";
import type { CollectorRequest, CommandContext } from "../cli/cli-command.ts";
import { encodeItem } from "../cbor/encode-item.ts";
import { formatKey, formatVersion, selfDescribedTag } from "../file/header.ts";
import { collectorsOfFiles } from "./file-collectors.ts";

const request: CollectorRequest = { directories: [], paths: [], names: [] };
let directory = "";
/** Requests for collectors, and names of those that were imported. */
let requests: CollectorRequest[] = [];
let imported: string[] = [];

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "retis-file-collectors-"));
});
afterAll(() => rmSync(directory, { recursive: true }));
beforeEach(() => void ([requests, imported] = [[], []]));

function collector(name: string): Collector {
  const sections = [defineSection({ key: name, summary: name, schema: Type.Object({}) })];
  return { name, summary: name, api: "1.x", sections, setup: () => ({ hooks: [] }) };
}

function described(name: string): LoadedCollector {
  const loaded = { collector: collector(name), directory: `/c/${name}`, source: "directory" } as const;
  const load = async () => {
    imported.push(name);
    if (name === "broken") throw new Error("no luck");
    return loaded;
  };
  return { ...loaded, load };
}

const builtIn: LoadedCollector = { collector: collector("skb"), directory: undefined, source: "built-in" };

const context = {
  loadCollectors: async (one: CollectorRequest) => {
    requests.push(one);
    return one.onlyRequested ? [builtIn] : [builtIn, described("broken"), described("long-section"), described("queue")];
  },
} as unknown as CommandContext;

const startup = {
  retis_version: "v1.7.0",
  cmdline: "retis collect",
  clock_monotonic_offset: { sec: 0, nsec: 0 },
  machine: { kernel_release: "6", kernel_version: "1", hardware_name: "x86_64" },
};

function cborFile(name: string, keys: readonly string[]): string {
  const properties = Object.fromEntries(keys.map((key) => [key, {}]));
  const header = { [formatKey]: formatVersion, common: { timestamp: 1 }, startup, schema: { properties } };
  return written(name, Buffer.concat([selfDescribedTag, encodeItem(header)]));
}

function jsonFile(name: string, events: readonly object[], between = ""): string {
  return written(name, [{ startup, common: { timestamp: 1 } }, ...events].map((event) => `${JSON.stringify(event)}\n`).join(between));
}

function written(name: string, content: string | Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

async function names(...inputs: string[]): Promise<readonly string[]> {
  const loaded = await collectorsOfFiles(context, request, inputs);
  return loaded.map((one) => one.collector.name);
}

test("a file whose header declares only known sections needs nobody else, who is not even described", async () => {
  expect(await names(cborFile("known.cbor", ["common", "kernel", "skb"]))).toEqual(["skb"]);
  expect(requests).toEqual([{ ...request, onlyRequested: true, quiet: true }]);
});

test("the collectors of declared sections are imported, of all files", async () => {
  const files = [cborFile("known.cbor", ["common", "skb"]), cborFile("queue.cbor", ["common", "queue"])];
  expect(await names(...files)).toEqual(["skb", "queue"]);
  expect(imported).toEqual(["queue"]);
  expect(requests.at(-1)).toEqual({ ...request, quiet: false });
});

test("JSON is searched for the sections", async () => {
  expect(await names(jsonFile("plain.json", [{ common: {}, skb: {}, note: { text: "queue" } }]))).toEqual(["skb"]);
  expect(await names(jsonFile("queue.json", [{ common: {} }, { queue: {} }]))).toEqual(["skb", "queue"]);
  expect(imported).toEqual(["queue"]);
  expect(requests.at(-1)).toMatchObject({ quiet: true });
});

test("a section is found wherever it begins", async () => {
  for (const missing of [0, 1, 7, 13, 14, 15]) {
    const head = JSON.stringify({ startup, common: { timestamp: 1 } }).length + 1;
    const filler = JSON.stringify({ common: { x: "y".repeat((1 << 20) - head - 60 - missing) } });
    const path = written(
      `far-${missing}.json`,
      `${JSON.stringify({ startup, common: { timestamp: 1 } })}\n${filler}\n${JSON.stringify({ common: {}, "long-section": {} })}\n`,
    );
    expect(await names(path)).toEqual(["skb", "long-section"]);
  }
});

test("of what cannot be looked into, all that can be imported are", async () => {
  const compressed = written(
    "queue.json.zst",
    Bun.zstdCompressSync(Buffer.from(`${JSON.stringify({ startup, common: { timestamp: 1 } })}\n`)),
  );
  expect(await names(compressed)).toEqual(["skb", "long-section", "queue"]);
  expect(await names("-")).toEqual(["skb", "long-section", "queue"]);
});

test("a file that cannot be read is the command's to report", async () => {
  expect(await names(join(directory, "missing"))).toContain("skb");
  expect(await names(written("garbage", "garbage"))).toEqual(["skb"]);
  expect(imported).not.toContain("queue");
});
