/** Services of the engine for hooks, on the real kernel: light probes, the stack's key, adopted packets, own losses, shared maps. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { U64 } from "../../core/api/event.ts";
import { parseJson } from "../../core/file/parse-json.ts";
import { runCommand } from "../support/command.ts";
import { cannotTrace, compileCollector, makeWorkplace, markedPing, type Workplace } from "./compiled.ts";

setDefaultTimeout(60_000);

let place: Workplace;
let directory = "";

beforeAll(() => {
  if (cannotTrace) return;
  place = makeWorkplace();
  directory = compileCollector(place, "hook-services", ["queue", "xmit"]);
});
afterAll(() => place?.remove());

interface Seen {
  readonly kernel?: { readonly symbol: string };
  readonly services?: { readonly length: number; readonly same_skb: boolean; readonly is_copy: boolean };
  readonly "skb-tracking"?: { readonly timestamp: U64; readonly orig_head: U64; readonly skb: U64 };
}

describe.skipIf(cannotTrace !== undefined)(`services for hooks${cannotTrace ? ` (needs to trace: ${cannotTrace})` : ""}`, () => {
  test("a note of a light probe, arguments by position, an adopted packet and counted losses", async () => {
    // Only the request passes the filter, by its type of service not that of other pings of this host; the reply is adopted.
    const filter = "icmp[icmptype] == icmp-echo and ip[1] == 0x10";
    const args = [
      "collect",
      "-c",
      `skb-tracking,${directory}`,
      "-p",
      "tp:net:net_dev_xmit",
      "-f",
      filter,
      "--format",
      "json",
      "--cmd",
      markedPing,
    ];
    const { status, stdout, stderr } = await runCommand([place.retis, ...args], { cwd: "/", env: { HOME: place.directory } });
    expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
    const events = stdout
      .trim()
      .split("\n")
      .map((line) => parseJson(line) as Seen)
      .filter(({ kernel }) => kernel !== undefined);
    expect(events.filter(({ kernel }) => kernel?.symbol === "net:net_dev_queue")).toEqual([]);

    const sent = events.filter(({ kernel }) => kernel?.symbol === "net:net_dev_start_xmit");
    expect(sent.map(({ services }) => services)).toEqual([
      { length: 0, same_skb: true, is_copy: true },
      { length: 0, same_skb: true, is_copy: true },
    ]);
    const [request, reply] = sent.map((event) => event["skb-tracking"]);
    expect([reply?.timestamp, reply?.orig_head]).toEqual([request?.timestamp, request?.orig_head]);
    expect(reply?.skb).not.toBe(request?.skb);

    // Ethernet header, IPv4 header, ICMP header and the 56 bytes of ping.
    const lengths = events.filter(({ kernel }) => kernel?.symbol === "net:net_dev_xmit").map(({ services }) => services?.length);
    expect(lengths.length).toBeGreaterThan(0);
    expect(new Set(lengths)).toEqual(new Set([98]));
    expect(stderr).toContain("collector services: hit on purpose");
  });
});
