/** What a collector may do while a run goes on: own events, maps, watched sections, periods, dialogues, losses. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { cpSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { compileBpfBeside } from "../support/compile-c.ts";
import { parseEvents, readEvents, type RecordedEvent } from "../support/event-file.ts";
import { Collection, retis } from "../support/retis.ts";
import { scenario, type Trial } from "../support/scenario.ts";
import { twoNamespaces } from "../support/topology.ts";
import { sendUdp } from "../support/traffic.ts";

const requires = ["root", "tracepoint:skb:kfree_skb"];

interface Summary {
  readonly when: string;
  readonly total: number;
  readonly lengths?: readonly (readonly [number, number])[];
  readonly microseconds?: readonly number[];
}

function installCollector(trial: Trial): string {
  const directory = join(trial.directory, "collectors", "drop-count");
  cpSync(join(import.meta.dir, "drop-count-collector"), directory, { recursive: true });
  compileBpfBeside(join(directory, "hook.bpf.c"));
  return directory;
}

function summaries(events: readonly RecordedEvent[], when: string): readonly Summary[] {
  return events.flatMap((event) =>
    (event["drop-summary"] as Summary | undefined)?.when === when ? [event["drop-summary"] as Summary] : [],
  );
}

/** A server at a Unix socket that answers each question; returns its path. */
function answering(trial: Trial): string {
  const path = join(trial.directory, "server");
  const server = createServer((socket) => socket.on("data", (data) => socket.write(`answer to ${data}`)));
  server.listen(path);
  trial.defer(() => void server.close());
  return path;
}

// Drops of UDP packets to ports that nobody has: the length is that of the payload, from what the kernel has consumed.
const headers = 8;

const outputs = {
  "a file and stdout": { file: "events.json", args: ["--print"] },
  // What is written without being decoded.
  "a binary file only": { file: "events.cbor", args: [] },
};

/** Events of a file in any form. */
async function eventsOf(file: string, directory: string): Promise<readonly RecordedEvent[]> {
  const { status, stdout, stderr } = await retis(["print", file, "--format", "json", "--collector-dir", join(directory, "..")]);
  equal(status, 0, stderr);
  return parseEvents(stdout);
}

const everything = Object.entries(outputs).map(([where, output]) =>
  scenario(
    `a collector's own events, maps, periods, dialogue and losses, to ${where}`,
    { requires, where: "once", timeoutMs: 30_000 },
    async (trial) => {
      const directory = installCollector(trial);
      const { client } = await trial.topology(twoNamespaces());
      const file = join(trial.directory, output.file);
      const args = ["-c", directory, "--drop-count-ignore", String(headers + 33), "--drop-count-socket", answering(trial)];
      const collection = await Collection.start(trial, [...args, "-f", "udp portrange 8300-8310", "-o", file, ...output.args]);
      await collection.waitForError(/drop-count: started/);
      await sendUdp(client, "10.0.42.2", 8301, 21);
      await sendUdp(client, "10.0.42.2", 8302, 21);
      await sendUdp(client, "10.0.42.2", 8303, 33);
      await sendUdp(client, "10.0.42.2", 8304, 55);
      await collection.waitForError(/drop-count: dialogue ended/);
      await collection.waitForError(/drop-count: 3 drops/);
      const { status, stderr } = await collection.stop();
      equal(status, 0, stderr);
      match(stderr, /Lost 1300 events from collector drop-count: length forgotten/);
      checkEvents(await eventsOf(file, directory), trial);
    },
  ),
);

function checkEvents(events: readonly RecordedEvent[], trial: Trial): void {
  deepEqual(summaries(events, "start"), [{ when: "start", total: 0 }]);
  deepEqual(summaries(events, "seen"), [{ when: "seen", total: headers + 21 }]);
  const [stop] = summaries(events, "stop");
  const lengths = [...(stop?.lengths ?? [])].sort(([a], [b]) => a - b);
  deepEqual(
    [stop?.total, lengths],
    [
      3,
      [
        [headers + 21, 2],
        [headers + 55, 1],
      ],
    ],
  );
  const totals = summaries(events, "period").map(({ total }) => total);
  deepEqual(totals, totals.toSorted());
  const times = events.filter((event) => event["drop-summary"]).map(({ common }) => Number(common?.timestamp));
  deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  const took = (summaries(events, "dialogue")[0]?.microseconds ?? []).toSorted((a, b) => a - b);
  const median = took[5]!;
  ok(median < 40_000 * trial.slowdown, `a question and its answer took ${median} µs`);
}

const bounds = scenario(
  "too many own events, work that does not end, options that check refuses",
  { requires, where: "once" },
  async (trial) => {
    const directory = installCollector(trial);
    const file = join(trial.directory, "events.json");
    const collection = await Collection.start(trial, ["-c", directory, "-o", file, "--drop-count-flood", "20000", "--drop-count-stuck"]);
    const { status, stderr } = await collection.stop();
    equal(status, 0, stderr);
    match(stderr, /Collector drop-count did not end its work within \d+ ms/);
    const flood = summaries(readEvents(file), "flood").length;
    const lost = Number(/Lost (\d+) events from collector drop-count: more than \d+ of its own events at once/.exec(stderr)?.[1]);
    // Its other events may be among the lost.
    ok(flood > 1000 && flood + lost >= 20_000 && flood + lost <= 20_010, `${flood} were written, ${lost} lost`);

    const refused = await retis(["collect", "-c", directory, "--drop-count-ignore", "-1"]);
    ok(refused.status !== 0);
    match(refused.stderr, /no packet is -1 bytes long/);
  },
);

export const scenarios = [...everything, bounds];
