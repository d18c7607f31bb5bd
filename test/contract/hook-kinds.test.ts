/** Hooks of every kind on the real kernel: at every probe, at one probe, and before the filters. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { runCommand } from "../support/command.ts";
import { cannotTrace, compileCollector, makeWorkplace, markedPing, type Workplace } from "./compiled.ts";

setDefaultTimeout(60_000);

let place: Workplace;
let directory = "";

beforeAll(() => {
  if (cannotTrace) return;
  place = makeWorkplace();
  directory = compileCollector(place, "hook-kinds", ["everywhere", "named", "context"]);
});
afterAll(() => place?.remove());

interface Seen {
  readonly kernel?: { readonly symbol: string };
  readonly everywhere?: { readonly extension: number };
  readonly named?: { readonly order: number };
}

describe.skipIf(cannotTrace !== undefined)(`hooks of every kind${cannotTrace ? ` (needs to trace: ${cannotTrace})` : ""}`, () => {
  test("generic, named and context hooks run where they were requested, in their order", async () => {
    const args = ["collect", "-c", directory, "-f", "icmp", "--format", "json", "--cmd", markedPing];
    const { status, stdout, stderr } = await runCommand([place.retis, ...args], { cwd: "/", env: { HOME: place.directory } });
    expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
    const events = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Seen);
    const at = (symbol: string) => events.filter(({ kernel }) => kernel?.symbol === symbol);
    // The hook for one probe is not gated: it also sees packets of others on this host, which do not pass the filter.
    const [queued, sent] = [at("net:net_dev_queue"), at("net:net_dev_start_xmit").filter(({ everywhere }) => everywhere)];
    expect(queued.length).toBeGreaterThan(0);
    expect(sent.length).toBeGreaterThan(0);
    for (const { everywhere, named } of queued) {
      expect(everywhere).toEqual({ extension: 42 });
      expect(named).toBeUndefined();
    }
    const coreLength = sent[0]?.named?.order ?? 0;
    for (const { everywhere, named } of sent) {
      expect(everywhere).toEqual({ extension: 0 });
      expect(named).toEqual({ order: coreLength });
    }
    // Nothing but the core sections preceded the hook for one probe: it runs ahead of the generic one.
    expect(coreLength).toBeLessThan(100);
  });
});
