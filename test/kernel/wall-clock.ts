/** Times of day: right where processes see another monotonic clock, and after the clock of the machine was set. */
import { equal, ok } from "node:assert/strict";
import { join } from "node:path";
import { mustRun } from "../support/command.ts";
import { readEvents } from "../support/event-file.ts";
import { Collection, retis } from "../support/retis.ts";
import { scenario } from "../support/scenario.ts";
import { twoNamespaces } from "../support/topology.ts";
import { sendUdp } from "../support/traffic.ts";

const address = "10.0.42.2";
const port = 7801;
const args = ["-c", "skb,skb-drop", "-f", `udp dst portrange ${port}-${port + 2}`];
/** Of a time of day, which is cut off at microseconds, and of the emulated machine's clock. */
const accuracyMs = 50;

/** Milliseconds since 1970 of the event with a port in text with UTC times. */
function timeOfPort(text: string, destination: number): number {
  const event = text.split("\n\n").find((candidate) => candidate.includes(`.${destination} `)) ?? "";
  return Date.parse(`${event.slice(0, 26).replace(" ", "T")}Z`);
}

const timeNamespace = scenario(
  "times of day are right in a time namespace",
  { where: "oldest and newest", requires: ["root", "tracepoint:skb:kfree_skb", "file:/proc/self/ns/time"] },
  async (trial) => {
    const { client } = await trial.topology(twoNamespaces());
    const day = ["unshare", "--time", "--fork", "--monotonic", "86400", "--boottime", "86400"];
    const collection = await Collection.start(trial, [...args, "--utc", "--stop-after", "1"], { wrapper: day });
    const before = Date.now();
    await sendUdp(client, address, port);
    const { stdout } = await collection.ended();
    const time = timeOfPort(stdout, port);
    ok(Math.abs(time - before) < accuracyMs * trial.slowdown, `${new Date(before).toISOString()}, and the event:\n${stdout}`);
  },
);

/** Sets the clock of this machine, milliseconds since 1970. */
async function setClock(time: number): Promise<void> {
  await mustRun(["date", "-s", `@${(time / 1000).toFixed(3)}`]);
}

const clockSet = scenario(
  "after the clock was set, each event has the time of day of its moment, live and from the file",
  { where: "oldest and newest", requires: ["root", "tracepoint:skb:kfree_skb", "guest"], timeoutMs: 40_000 },
  async (trial) => {
    const hour = 3_600_000;
    const { client } = await trial.topology(twoNamespaces());
    const file = join(trial.directory, "events.json");
    const collection = await Collection.start(trial, [...args, "--utc", "-o", file, "--print"]);
    const [date, start] = [Date.now(), performance.now()];
    const trueTime = () => date + performance.now() - start;
    const send = async (destination: number) => {
      await sendUdp(client, address, destination);
      await collection.waitForOutput(new RegExp(`\\.${destination} `));
    };
    await send(port);
    // What happens before the change is noticed, within a few milliseconds, has the time of day from before.
    await setClock(trueTime() + hour);
    await collection.waitForOutput(/wall clock changed by \+/);
    try {
      await send(port + 1);
    } finally {
      await setClock(trueTime());
    }
    await collection.waitForOutput(/wall clock changed by -/);
    await send(port + 2);
    const { stdout, stderr } = await collection.stop();
    const steps = readEvents(file).flatMap(({ clock }) => (clock === undefined ? [] : [clock]));
    equal(steps.length, 2, stderr);
    const printed = await retis(["print", "--utc", file]);
    for (const text of [stdout, printed.stdout]) {
      const [before, during, after] = [0, 1, 2].map((number) => timeOfPort(text, port + number)) as [number, number, number];
      const most = 30_000 * trial.slowdown;
      ok(during - before >= hour && during - before < hour + most, text);
      ok(after >= before && after - before < most, text);
    }
    const [first, last] = [port, port + 1].map((number) => timeOfPort(printed.stdout, number));
    equal(first, timeOfPort(stdout, port));
    equal(last, timeOfPort(stdout, port + 1));
  },
);

export const scenarios = [timeNamespace, clockSet];
