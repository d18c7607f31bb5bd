/** The tools that are compared. Nothing of a peer is built here: the paths of its executables are given. */
import { existsSync } from "node:fs";
import { retisPath } from "../../support/retis.ts";

/** How packets are filtered in a collection: all are wanted, all that are sent, or none of them. */
export const filters = { "no filter": [], "filter passing": ["udp port 9"], "filter rejecting": ["tcp port 443"] } as const;
export type Filter = keyof typeof filters;

export interface Tool {
  readonly name: string;
  readonly path: string;
  /** Reads files of events, with the command line of retis. */
  readonly reads: boolean;
  /** Arguments of a collection of drops into a JSON file. */
  collect(file: string, filter: Filter): readonly string[];
  /** What it says when its probes are live. */
  readonly live: RegExp;
}

const loaded = /^.*\d+ probe\(s\) loaded$/m;

function collectDrops(file: string, filter: Filter): readonly string[] {
  const expression = filters[filter].flatMap((each) => ["-f", each]);
  return ["collect", "-c", "skb,skb-drop,dev,ns", "-o", file, ...expression];
}

export const ours: Tool = { name: "retis", path: retisPath, reads: true, collect: collectDrops, live: loaded };

/** Where drops are, by kernel: sk_skb_reason_drop since 6.11. */
const dropFunctions = "^(kfree_skb_reason|sk_skb_reason_drop)$";

const peers = {
  BENCH_ORIGINAL: (path: string): Tool => ({ ...ours, name: "original", path }),
  BENCH_PWRU: (path: string): Tool => ({
    name: "pwru",
    path,
    reads: false,
    collect: (file, filter) => [
      "--filter-func",
      dropFunctions,
      "--output-meta",
      "--output-tuple",
      "--output-json",
      "--output-file",
      file,
      ...filters[filter],
    ],
    live: /Listening for events/,
  }),
} as const;

/** The peers whose executables the environment names. @throws Error for a path without a file */
export function givenPeers(): readonly Tool[] {
  return Object.entries(peers).flatMap(([variable, tool]) => {
    const path = process.env[variable];
    if (!path) return [];
    if (!existsSync(path)) throw new Error(`${variable}: there is no file ${path}`);
    return [tool(path)];
  });
}
