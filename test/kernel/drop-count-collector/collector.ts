/** Uses all that a collector may do while a run goes on, for test/kernel/run-services.ts. */
import { createConnection, type Socket } from "node:net";
import { defineCollector, defineSection, type Run, Type, U32 } from "retis/collector";

const seen = defineSection({
  key: "drop-seen",
  summary: "A drop that was counted.",
  wire: "seen",
  schema: Type.Object({ length: U32({ description: "Bytes of the packet" }) }),
});

const summary = defineSection({
  key: "drop-summary",
  summary: "Drops so far.",
  schema: Type.Object({
    when: Type.String({ description: "start, period, dialogue, seen or stop" }),
    total: Type.Integer({ description: "Drops" }),
    lengths: Type.Optional(Type.Array(Type.Array(Type.Integer()), { description: "Lengths with their counts" })),
    microseconds: Type.Optional(Type.Array(Type.Integer(), { description: "How long each question took" })),
  }),
  format: ({ when, total }) => [{ at: 100, text: `drop-summary ${when} ${total}` }],
});

interface Key {
  readonly length: number;
  readonly zero: number;
  readonly tag: Uint8Array;
}

const options = Type.Object({
  ignore: Type.Integer({ default: 0, description: "Length of packets to ignore" }),
  socket: Type.String({ default: "", description: "Unix socket to ask" }),
  flood: Type.Integer({ default: 0, description: "Events to emit at once" }),
  stuck: Type.Boolean({ default: false, description: "Never end" }),
});

/** Sends a question and waits for the answer. */
function ask(socket: Socket, question: string): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once("data", (data) => resolve(data.toString()));
    socket.once("error", reject);
    socket.write(question);
  });
}

/** Asks a server several questions, one after the other, each over a connection of its own. */
async function dialogue(run: Run, path: string, signal: AbortSignal): Promise<void> {
  const took: number[] = [];
  for (let round = 0; round < 10 && !signal.aborted; round++) {
    const start = performance.now();
    const socket = createConnection(path);
    await new Promise((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    if ((await ask(socket, `question ${round}`)) !== `answer to question ${round}`) throw new Error("wrong answer");
    socket.destroy();
    took.push(Math.round((performance.now() - start) * 1000));
  }
  run.emit({ "drop-summary": { when: "dialogue", total: took.length, microseconds: took } });
  run.log.info("drop-count: dialogue ended");
}

const state = { ignore: 0, socket: "", flood: 0, stuck: false, seen: 0 };

function total(run: Run): number {
  const perCpu = run.map<number, readonly number[]>("drop_totals").get(0) ?? [];
  return perCpu.reduce((sum, count) => sum + count, 0);
}

function counts(run: Run): readonly (readonly [Key, number])[] {
  return [...run.map<Key, number>("drop_counts").entries()];
}

function reportTotal(run: Run): void {
  const drops = total(run);
  run.emit({ "drop-summary": { when: "period", total: drops } });
  run.log.info(`drop-count: ${drops} drops`);
}

export default defineCollector({
  name: "drop-count",
  summary: "Counts drops by the length of packets",
  apiVersion: 1,
  sections: [seen, summary],
  losses: { forgotten: "length forgotten" },
  options,
  check: (_host, { ignore }) => (ignore < 0 ? { ok: false, reason: `no packet is ${ignore} bytes long` } : { ok: true }),
  setup(_host, values) {
    Object.assign(state, values);
    return {
      hooks: [{ object: "hook.bpf.o", at: ["tp:skb:kfree_skb"] }],
      probes: ["tp:skb:kfree_skb"],
      maps: { drop_counts: { entries: 1500 } },
    };
  },
  start(run) {
    // More than is read at once, and something that drops do not have.
    const lengths = run.map<Key, number>("drop_counts");
    for (let length = 100_000; length < 101_300; length++) lengths.set({ length, zero: 0, tag: Uint8Array.of(7, 8) }, length);
    run.map<number, number>("drop_ignored").set(state.ignore, 1);
    run.emit({ "drop-summary": { when: "start", total: 0 } });
    run.log.info("drop-count: started");
    run.every(50, () => reportTotal(run));
    run.observe("drop-seen", ({ length }) => {
      if (state.seen++ === 0) run.emit({ "drop-summary": { when: "seen", total: Number(length) } });
    });
    if (state.socket !== "") run.background((signal) => dialogue(run, state.socket, signal));
    for (let n = 0; n < state.flood; n++) run.emit({ "drop-summary": { when: "flood", total: n } });
    if (state.stuck) run.background(() => new Promise(() => {}));
  },
  stop(run) {
    const lengths = run.map<Key, number>("drop_counts");
    const made = counts(run).filter(([{ length }]) => length >= 100_000);
    for (const [key, count] of made) if (count === key.length && lengths.delete(key)) run.lost("forgotten");
    const left = counts(run).map(([{ length }, count]) => [length, count]);
    run.emit({ "drop-summary": { when: "stop", total: total(run), lengths: left } });
  },
});
