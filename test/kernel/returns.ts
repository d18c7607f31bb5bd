/** What a hook is given at the return of a function: the value, arguments by name, the stack; at a light probe, which still may emit. */
import { deepEqual, ok } from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { compileBpfBeside } from "../support/compile-c.ts";
import type { RecordedEvent } from "../support/event-file.ts";
import { record } from "../support/retis.ts";
import { scenario } from "../support/scenario.ts";
import { twoNamespaces } from "../support/topology.ts";
import { resolveNeighbours, sendUdp } from "../support/traffic.ts";

interface Returned {
  readonly kind: number;
  readonly address: string;
  readonly stack: number | bigint;
}

/** What the server finds the addresses to be, RTN_UNICAST and RTN_LOCAL of include/uapi/linux/rtnetlink.h. Kernels ask about one or the other. */
const kinds: Readonly<Record<string, number>> = { "10.0.42.1": 1, "10.0.42.2": 2 };
const smallestStack = 4096n;

const values = scenario(
  "a hook at a return has the return value, an argument by its name and the stack's base",
  { where: "oldest and newest", requires: ["root", "kprobes", "function:inet_addr_type_dev_table"], timeoutMs: 60_000 },
  async (trial) => {
    const directory = join(trial.directory, "returns");
    cpSync(join(import.meta.dir, "return-hook"), directory, { recursive: true });
    compileBpfBeside(join(directory, "hook.bpf.c"));
    const { client } = await trial.topology(twoNamespaces());
    await resolveNeighbours(client, "10.0.42.2");
    // The kernel looks up the sender of a packet before it answers that its port is unreachable.
    const { events } = await record(trial, ["-c", `skb,${directory}`], () => sendUdp(client, "10.0.42.2", 8731));
    const returned = events.map((event: RecordedEvent) => event["returns"] as Returned | undefined);
    deepEqual(
      events.filter(({ packet }) => packet !== undefined),
      [],
      "other collectors' hooks ran at a light probe",
    );
    const answered = returned.find((each) => each !== undefined && kinds[each.address] === each.kind);
    ok(
      answered,
      JSON.stringify(returned, (_key, value: unknown) => (typeof value === "bigint" ? `${value}` : value)),
    );
    ok(BigInt(answered.stack) % smallestStack === 0n && BigInt(answered.stack) > 0n, `${answered.stack}`);
  },
);

export const scenarios = [values];
