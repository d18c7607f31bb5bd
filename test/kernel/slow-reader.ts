/** Live text whose reader takes nothing for a while: each event is shown, counted, or lost, and the run says how many. */
import { equal, match, ok } from "node:assert/strict";
import { closeSync, constants, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { readEvents } from "../support/event-file.ts";
import { ethernet, ethertype, ipv4, protocol, udp } from "../support/frames.ts";
import { Collection } from "../support/retis.ts";
import { scenario, type Trial } from "../support/scenario.ts";
import { macs, twoNamespaces } from "../support/topology.ts";
import { kernelCounter, sendFrame } from "../support/traffic.ts";

const route = { source: "10.0.42.1", destination: "10.0.42.2" };
const datagram = udp(route, { sourcePort: 7820, destinationPort: 7821 });
const frame = ethernet(macs.veth10, macs.veth01, ethertype.ipv4, ipv4(route.source, route.destination, protocol.udp, datagram));
/** More than pipe and ring hold together; each burst fits in what the ring keeps for bursts. */
const [bursts, burst] = [20, 250];
const filter = ["-f", "udp port 7821", "--ring-size", "256K"];
const totals = /^output too slow, (\d+) events? counted:$/m;

/** A pipe to the tool that is read when the scenario wants it. */
class IdleReader {
  text = "";
  readonly #reader: number;
  readonly #decoder = new TextDecoder();
  readonly #chunk = new Uint8Array(256 * 1024);
  /** The end that the tool writes to; close it once the tool has it. */
  readonly writer: number;

  constructor(trial: Trial, name: string) {
    const path = join(trial.directory, name);
    equal(Bun.spawnSync(["mkfifo", path]).exitCode, 0);
    this.#reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    this.writer = openSync(path, constants.O_WRONLY);
    trial.defer(() => closeSync(this.#reader));
  }

  /** Reads until the text matches; without a pattern, to the end. */
  async read(trial: Trial, pattern?: RegExp): Promise<void> {
    for (const deadline = Date.now() + 10_000 * trial.slowdown; pattern === undefined || !pattern.test(this.text); ) {
      if (this.#readSome() === 0 && pattern === undefined) return;
      if (Date.now() > deadline) throw new Error(`${pattern ?? "the end"} did not come: ${this.text.slice(-1000)}`);
      await Bun.sleep(2);
    }
  }

  /** Bytes read; 0 at the end, -1 when there are none at the moment. */
  #readSome(): number {
    try {
      const length = readSync(this.#reader, this.#chunk);
      this.text += this.#decoder.decode(this.#chunk.subarray(0, length), { stream: true });
      return length;
    } catch (error) {
      if ((error as { code?: string }).code === "EAGAIN") return -1;
      throw error;
    }
  }
}

async function startUnread(trial: Trial, name: string, args: readonly string[]) {
  const reader = new IdleReader(trial, name);
  const collection = await Collection.start(trial, ["-c", "skb,skb-drop,dev", ...filter, ...args], { stdout: reader.writer });
  closeSync(reader.writer);
  return { reader, collection };
}

const sum = (numbers: Iterable<RegExpMatchArray>) => [...numbers].reduce((total, [, number]) => total + Number(number), 0);
const counted = (stderr: string, pattern: RegExp) => Number(pattern.exec(stderr)?.[1] ?? 0);

/** What became of the events, after the end of a run whose text was read at last. */
async function outcomeOf(trial: Trial, { reader, collection }: Awaited<ReturnType<typeof startUnread>>, row: RegExp) {
  collection.signal("SIGINT");
  await reader.read(trial);
  const { status, stderr } = await collection.ended();
  equal(status, 0, stderr);
  const aggregated = sum(reader.text.matchAll(/^ {2}(\d+) x NO_SOCKET at \w+$/gm));
  equal(aggregated, sum(reader.text.matchAll(new RegExp(totals, "gm"))), "the kinds do not add up to the total");
  equal(counted(stderr, /Output too slow: (\d+) events? counted instead of shown/), aggregated, stderr);
  return {
    shown: reader.text.match(row)?.length ?? 0,
    aggregated,
    lost: counted(stderr, /Total events lost: (\d+)/) + counted(stderr, /Total hits skipped: (\d+)/),
    processed: counted(stderr, /^(\d+) events? processed$/m),
  };
}

const slowReader = scenario(
  "text that nobody reads for a while: shown, counted and lost events make what happened",
  { requires: ["root", "drop-reasons"], where: "once" },
  async (trial) => {
    const { client, server } = await trial.topology(twoNamespaces());
    const file = join(trial.directory, "events.json");
    const lines = await startUnread(trial, "lines", ["--format", "single-line"]);
    const rows = await startUnread(trial, "rows", ["--format", "compact", "--max-rate", "0", "--print", "-o", file]);
    for (let sent = 0; sent < bursts; sent++) await sendFrame(client, "veth01", frame, burst);
    await Promise.all([lines.reader.read(trial, totals), rows.reader.read(trial, totals)]);
    // Once it is read again, single events are shown again.
    const shownBefore = lines.reader.text.length;
    await sendFrame(client, "veth01", frame);
    await lines.reader.read(trial, new RegExp(`^.{${shownBefore}}[^]*7820 > 10\\.0\\.42\\.2\\.7821 `, "s"));
    const happened = bursts * burst + 1;
    equal(await kernelCounter(server, "UdpNoPorts"), happened, "the kernel itself did not drop all that was sent");

    const text = await outcomeOf(trial, lines, /^\d+ \(\d+\) .*skb:kfree_skb .* drop \(reason NO_SOCKET\)/gm);
    ok(text.shown > 0 && text.aggregated > 0, JSON.stringify(text));
    equal(text.shown + text.aggregated + text.lost, happened, JSON.stringify(text));
    const compact = await outcomeOf(trial, rows, /^\d\d:\d\d:\d\d\.\d{3} {2}NO_SOCKET /gm);
    ok(compact.shown > 0 && compact.aggregated > 0, JSON.stringify(compact));
    equal(compact.shown + compact.aggregated + compact.lost, happened, JSON.stringify(compact));
    match(rows.reader.text, new RegExp(`^${compact.processed} drops`, "m"));
    // The file has what was counted, too.
    equal(readEvents(file).filter((event) => event["skb-drop"]).length, compact.processed);
  },
);

export const scenarios = [slowReader];
