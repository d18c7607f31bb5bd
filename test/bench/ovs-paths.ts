/**
 * What a packet through Open vSwitch costs, by path and by what is collected; as a program it prints the costs as JSON, which is
 * how a guest reports them. The machine has one CPU, and a clock that counts its instructions (`VMRUN_ICOUNT`).
 */
import { join } from "node:path";
import { readCpuClock } from "../../core/libbpf/clock.ts";
import { mustRun } from "../support/command.ts";
import { hostAddresses, type OvsBridge, ovsBridge } from "../support/ovs.ts";
import { newTrial } from "../support/run-scenarios.ts";
import { TracedRun } from "./traced-run.ts";

/** In the kernel alone, or through ovs-vswitchd because no flow matches. */
export const paths = { fast: "same", upcall: "new" } as const;
export type OvsPath = keyof typeof paths;

/** What is collected meanwhile, by name. */
export const collections = {
  "without retis": undefined,
  "-c ovs": ["-c", "ovs"],
  "-c ovs --ovs-track": ["-c", "ovs", "--ovs-track"],
} as const;
export type Collected = keyof typeof collections;

/** CPU time for one packet, nanoseconds. */
export interface PacketCost {
  readonly path: OvsPath;
  readonly collected: Collected;
  /** Of the sender, who does the kernel's work on the packet and runs the programs that are attached there. */
  readonly sender: number;
  /** Of ovs-vswitchd. */
  readonly daemon: number;
  /** Of the tool's process. */
  readonly tool: number;
}

/** Packets of a measurement. */
const packets = { fast: 4000, upcall: 500 } as const;
/** Before it, so many times that the tool's code is compiled. */
const warmUps = { fast: 5, upcall: 2 } as const;
/** Records are gathered for 100 ms; then the tool works on them. */
const restMs = 300;
const startLimitMs = 300_000;
const guestSlowdown = 10;

/** The source port goes into a register, so each has a flow of its own in the kernel. */
const flows = ["in_port=pa,udp,actions=move:OXM_OF_UDP_SRC[]->NXM_NX_REG0[0..15],output:pb", "in_port=pb,actions=output:pa"];

/** Sends packets on a path from an empty flow table; CPU time of the sender in nanoseconds. */
async function send({ ovs, client, server }: OvsBridge, program: string, path: OvsPath): Promise<number> {
  await ovs.forgetFlows();
  const namespaces = [client, server].map(({ name }) => `/run/netns/${name}`);
  const args = [...namespaces, hostAddresses.server, String(packets[path]), paths[path]];
  return Number(await mustRun([program, ...args], { timeoutMs: startLimitMs }));
}

async function measure(bridge: OvsBridge, program: string, collected: Collected): Promise<readonly PacketCost[]> {
  const args = collections[collected];
  const run = args && (await TracedRun.start(["collect", ...args, "-o", "/dev/shm/ovs-paths.cbor"], { limitMs: startLimitMs }));
  const costs: PacketCost[] = [];
  for (const path of ["fast", "upcall"] as const) {
    for (let warmUp = 0; warmUp < warmUps[path]; warmUp++) await send(bridge, program, path);
    const others = () => [bridge.ovs.pid, ...(run ? [run.pid] : [])].map((pid) => Number(readCpuClock(pid)));
    const before = others();
    const sender = (await send(bridge, program, path)) / packets[path];
    await Bun.sleep(restMs);
    const [daemon = 0, tool = 0] = others().map((now, index) => (now - before[index]!) / packets[path]);
    costs.push({ path, collected, sender, daemon, tool });
  }
  await run?.stop();
  return costs;
}

async function measureAll(program: string, rounds: number): Promise<readonly PacketCost[]> {
  const cleanUps: (() => void | Promise<void>)[] = [];
  try {
    const bridge = await ovsBridge(newTrial(guestSlowdown, cleanUps), "usdt");
    await bridge.ovs.vsctl("set", "Open_vSwitch", ".", "other_config:max-revalidator=10000");
    await bridge.ovs.setFlows("br0", flows);
    const costs: PacketCost[] = [];
    for (let round = 0; round < rounds; round++)
      for (const collected of Object.keys(collections) as Collected[]) {
        costs.push(...(await measure(bridge, program, collected)));
        console.error(`ovs-paths: round ${round + 1}, ${collected}: done`);
      }
    return costs;
  } finally {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
  }
}

if (import.meta.main) {
  const [program = join(import.meta.dir, "ovs-path"), rounds = "3"] = process.argv.slice(2);
  console.log(JSON.stringify(await measureAll(program, Number(rounds))));
}
