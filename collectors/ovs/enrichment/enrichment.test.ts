import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Run } from "../../../core/api/collector.ts";
import { controlSockets } from "./control-sockets.ts";
import { FlowDescriber } from "./describe-flow.ts";
import { FlowEnrichment } from "./enrich-flows.ts";
import { flowLimit, FlowQueue } from "./flow-queue.ts";
import { JsonReply } from "./json-reply.ts";
import { detraceSection } from "./section.ts";
import { answerLimitMs, ask } from "./unixctl.ts";

const directory = mkdtempSync(join(tmpdir(), "retis-ovs-"));
const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
  rmSync(directory, { recursive: true });
});

const never = new AbortController().signal;

/** A daemon: what `reply` gives is written as it is; undefined: nothing ever. */
async function daemon(name: string, reply: (request: { method: string; params: string[] }) => string | readonly string[] | undefined) {
  const path = join(directory, name);
  const server = createServer((socket) =>
    socket.on("data", async (data) => {
      const answer = reply(JSON.parse(data.toString()));
      for (const part of typeof answer === "string" ? [answer] : (answer ?? [])) {
        socket.write(part);
        await Bun.sleep(5);
      }
    }),
  );
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return path;
}

test("a reply ends where its object does, wherever it is cut", () => {
  const text = '{"result":"a \\"}{\\" \\\\","error":null,"id":0}';
  for (let cut = 1; cut < text.length; cut++) {
    const reply = new JsonReply();
    expect(reply.add(Buffer.from(text.slice(0, cut)))).toBeUndefined();
    expect(reply.add(Buffer.from(`${text.slice(cut)} {"next":1}`))).toEqual({ result: 'a "}{" \\', error: null, id: 0 });
  }
  expect(() => new JsonReply().add(Buffer.from("no JSON"))).toThrow("not a JSON object");
});

test("answers, and errors in both places where they may be", async () => {
  const path = await daemon("answers", ({ method }) => {
    if (method === "fails") return '{"result":null,"error":"no such command\\n","id":0}';
    if (method === "other") return '{"result":"x","error":null,"id":7}';
    return ['{"result":"line 1\\nli', 'ne 2\\n","error":null,"id":0}'];
  });
  expect(await ask(path, "works", [], never)).toEqual({ text: "line 1\nline 2", failed: false });
  expect(await ask(path, "fails", [], never)).toEqual({ text: "no such command", failed: true });
  expect(ask(path, "other", [], never)).rejects.toThrow("an answer to another request");
  expect(ask(join(directory, "absent"), "works", [], never)).rejects.toThrow();
});

test("a daemon that never answers is given up, and so is one at the end of the run", async () => {
  const path = await daemon("stopped", () => undefined);
  const start = performance.now();
  await expect(ask(path, "works", [], never)).rejects.toThrow(`no answer within ${answerLimitMs} ms`);
  expect(performance.now() - start).toBeWithin(answerLimitMs - 50, answerLimitMs + 1500);
  const abort = new AbortController();
  const asked = ask(path, "works", [], abort.signal);
  abort.abort();
  await expect(asked).rejects.toThrow("interrupted");
});

const dpflow = "recirc_id(0),in_port(3),eth(),eth_type(0x0800), packets:0, actions:1";
const ufid = "00000001-0000-0002-0000-000300000004";

/** What a daemon with these answers says of a flow. */
async function described(answers: Readonly<Record<string, string | { readonly failed: string }>>) {
  const describer = new FlowDescriber(async (_path, method) => {
    const answer = answers[method] ?? "";
    return typeof answer === "string" ? { text: answer, failed: false } : { text: answer.failed, failed: true };
  });
  return describer.describe(["socket"], ufid, never);
}

const commands = "The available commands are:\n  ofproto/detrace         UFID [pmd=PMD-ID]";

test.each<[string, Parameters<typeof described>[0], unknown]>([
  [
    "rules",
    { "dpctl/get-flow": dpflow, "ofproto/detrace": "n_packets=1,priority=0,actions=NORMAL\nn=2,actions=drop" },
    ["n_packets=1,priority=0,actions=NORMAL", "n=2,actions=drop"],
  ],
  ["not hit yet", { "dpctl/get-flow": dpflow, "ofproto/detrace": "Cache was not found for system@ovs-system" }, "pending"],
  [
    "of another datapath too",
    { "dpctl/get-flow": dpflow, "ofproto/detrace": "UFID was not found for netdev@ovs-netdev\nn=1,actions=drop" },
    ["n=1,actions=drop"],
  ],
  [
    "not hit yet, and another datapath",
    { "dpctl/get-flow": dpflow, "ofproto/detrace": "UFID was not found for netdev@ovs-netdev\nCache was not found for system@ovs-system" },
    "pending",
  ],
  ["gone meanwhile", { "dpctl/get-flow": dpflow, "ofproto/detrace": "UFID was not found for system@ovs-system" }, []],
  ["rules fail", { "dpctl/get-flow": dpflow, "ofproto/detrace": { failed: "failed to parse ufid" } }, []],
  ["an old daemon", { "dpctl/get-flow": dpflow, "list-commands": "  dpctl/get-flow", "ofproto/detrace": "never asked,actions=" }, []],
  ["unknown", { "dpctl/get-flow": { failed: "ovs-vswitchd: getting flow (No such file or directory)" } }, undefined],
  ["an error as a result", { "dpctl/get-flow": "ovs-vswitchd: parsing flow ufid (Invalid argument)" }, undefined],
])("a flow: %s", async (_name, answers, expected) => {
  const found = await described({ "list-commands": commands, ...answers });
  if (expected === undefined) expect(found).toBeUndefined();
  else
    expect(found).toEqual({ dpflow, ofpflows: expected === "pending" ? [] : (expected as string[]), rulesPending: expected === "pending" });
});

test("of several daemons the one that knows the flow is believed; an error counts only when none does", async () => {
  const answer = async (path: string, method: string) => {
    if (path === "dead") throw new Error("refused");
    if (method === "list-commands") return { text: "", failed: false };
    return path === "knows" ? { text: dpflow, failed: false } : { text: "no such flow", failed: true };
  };
  const describer = new FlowDescriber(answer);
  expect(await describer.describe(["dead", "other", "knows"], ufid, never)).toMatchObject({ dpflow });
  expect(await describer.describe(["other"], ufid, never)).toBeUndefined();
  expect(describer.describe(["dead", "other"], ufid, never)).rejects.toThrow("refused");
});

const flow = (n: number, actions = 1) => ({ ufid: [0, 0, 0, n], flow: n, sf_acts: actions });

test("a flow is asked for once while it is hit, and again when it was replaced or idle", () => {
  const queue = new FlowQueue();
  queue.add(flow(1), 0);
  queue.add(flow(1), 10);
  const first = queue.take(20)!;
  expect([first.name, queue.take(20)]).toEqual(["00000000-0000-0000-0000-000000000001", undefined]);
  queue.done(first, 20);
  for (let now = 9000; now < 60_000; now += 9000) queue.add(flow(1), now);
  expect(queue.size).toBe(0);
  queue.add(flow(1, 2), 60_000);
  const replaced = queue.take(60_000)!;
  expect(replaced).toMatchObject({ sf_acts: 2, attempts: 0 });
  queue.done(replaced, 60_000);
  queue.add(flow(1, 2), 70_001);
  expect(queue.size).toBe(1);
});

test("a flow that is asked for again comes later and does not hold others up; an idle one is dropped", () => {
  const queue = new FlowQueue();
  queue.add(flow(1), 0);
  queue.add(flow(2), 1);
  queue.retry(queue.take(2)!, 1000);
  expect(queue.take(2)).toMatchObject({ flow: 2 });
  expect(queue.take(999)).toBeUndefined();
  expect(queue.take(1000)).toMatchObject({ flow: 1, attempts: 1 });
  queue.add(flow(3), 2000);
  expect([queue.take(12_000), queue.dropped]).toEqual([undefined, 1]);
});

test("the queue is bounded, and counts what it has no room for", () => {
  const queue = new FlowQueue();
  for (let n = 0; n < flowLimit + 10; n++) queue.add(flow(n), 0);
  expect([queue.size, queue.dropped]).toEqual([flowLimit, 10]);
});

/** A run of which a test makes the time pass; no daemon runs. */
function fakeRun() {
  const warnings: string[] = [];
  const timers: { readonly period: number; readonly work: (signal: AbortSignal) => unknown }[] = [];
  let observer: (data: object) => void = () => {};
  const run = {
    userspace: { processes: () => [] },
    log: { warn: (text: string) => void warnings.push(text), info: (text: string) => void warnings.push(text) },
    observe: (_key: string, one: typeof observer) => void (observer = one),
    every: (period: number, work: (signal: AbortSignal) => unknown) => void timers.push({ period, work }),
    background: () => {},
    emit: () => true,
  };
  return { run: run as unknown as Run, warnings, timers, hit: (n: number) => observer({ event_type: "flow_lookup", ...flow(n) }) };
}

test.each([
  [1, 1000, 1],
  [20, 50, 1],
  [100, 10, 1],
  [1000, 10, 10],
])("at a rate of %i every %i ms %i flows are asked for", async (rate, period, atOnce) => {
  const { run, warnings, timers, hit } = fakeRun();
  const enrichment = new FlowEnrichment(run);
  enrichment.start(rate);
  for (let n = 1; n <= 15; n++) hit(n);
  expect(timers.map((timer) => timer.period)).toEqual([period]);
  const [timer] = timers;
  await timer!.work(never);
  enrichment.stop();
  // Those that no daemon answered for wait again, as later ones do not.
  expect(warnings).toEqual([
    "ovs: cannot query ovs-vswitchd about flows: no control socket of a running daemon was found",
    "ovs: 15 flows were still to be described",
  ]);
  const asked = [];
  for (let left = timer!.work(never); left !== undefined && asked.length < 20; left = timer!.work(never)) asked.push(await left);
  expect(asked.length).toBe(Math.ceil(15 / atOnce) - 1);
});

test("without packets nothing is asked for, and there is nothing to wait for", () => {
  const { run, timers } = fakeRun();
  new FlowEnrichment(run).start(20);
  expect(timers[0]!.work(never)).toBeUndefined();
});

test("control sockets are found where each daemon has its files", () => {
  const proc = join(directory, "proc");
  const process = (pid: number, own: number, environment: string, socket: string | undefined) => {
    const root = join(proc, String(pid), "root");
    mkdirSync(join(root, "run/openvswitch"), { recursive: true });
    mkdirSync(join(root, "data"), { recursive: true });
    writeFileSync(join(proc, String(pid), "status"), `Name:\tovs-vswitchd\nNSpid:\t${pid}\t${own}\n`);
    writeFileSync(join(proc, String(pid), "environ"), environment);
    if (socket !== undefined) writeFileSync(join(root, socket), "");
    return { pid, program: "ovs-vswitchd" };
  };
  const processes = [
    process(10, 7, "PATH=/bin\0", "run/openvswitch/ovs-vswitchd.7.ctl"),
    process(11, 11, "OVS_RUNDIR=/data\0", "data/ovs-vswitchd.11.ctl"),
    process(12, 12, "", undefined),
    { pid: 13, program: "ovs-vswitchd" },
  ];
  expect(controlSockets({ userspace: { processes: () => processes, userName: () => undefined } }, proc)).toEqual([
    join(proc, "10/root/run/openvswitch/ovs-vswitchd.7.ctl"),
    join(proc, "11/root/data/ovs-vswitchd.11.ctl"),
  ]);
});

test("text of the section", () => {
  const data = { ufid: [1, 2, 3, 4], flow: 5, sf_acts: 6, dpflow: "recirc_id(0),actions:drop", ofpflows: ["a=1", "b=2"] };
  const text = (multiLine: boolean, ofpflows = data.ofpflows) =>
    detraceSection.format!({ ...data, ofpflows }, { multiLine } as never, {}).flatMap((piece) => piece.text);
  expect(text(true)).toEqual([`ufid:${ufid} recirc_id(0),actions:drop`, "openflow:a=1", "    b=2"]);
  expect(text(false)).toEqual([`ufid:${ufid} recirc_id(0),actions:drop openflow: a=1 b=2`]);
  expect(text(true, [])).toEqual([`ufid:${ufid} recirc_id(0),actions:drop`]);
});
