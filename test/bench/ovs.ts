/**
 * What a packet through Open vSwitch costs: one that finds its flow in the kernel, and one that goes through ovs-vswitchd, without
 * retis, with collector ovs, and with `--ovs-track`, which write a CBOR file. The kernel's work counts with that of the sender, who does
 * it; the daemon's includes the programs that are attached to it and what the kernel does for it. In an emulated guest whose clock counts instructions, so that the same work has the same cost.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mustRun } from "../support/command.ts";
import { compileProgram } from "../support/compile-c.ts";
import { buildVariables, ovsPrograms } from "../support/ovs.ts";
import { retisPath } from "../support/retis.ts";
import type { Benchmark, Figure } from "./figure.ts";
import { type Collected, collections, type OvsPath, type PacketCost, paths } from "./ovs-paths.ts";

const root = join(import.meta.dir, "../..");
const series = "6.12";
/** Nanoseconds of an instruction, as a power of two. */
const icountShift = 3;
const rounds = 3;
const limitSeconds = 1800;

async function measureInGuest(): Promise<readonly PacketCost[]> {
  const programs = ovsPrograms("usdt");
  if (programs === undefined) throw new Error("no Open vSwitch with USDT probes was built: run test/kernel/ovs-daemon");
  const directory = mkdtempSync(join(tmpdir(), "retis-ovs-bench-"));
  try {
    const program = join(directory, "ovs-path");
    compileProgram(join(import.meta.dir, "ovs-path.c"), program);
    const vmrun = [join(root, "test/kernel/vmrun"), "--kernel", series, "--mem", "2G", "--timeout", String(limitSeconds)];
    const env = ["--env", `RETIS_BIN=${retisPath}`, "--env", `${buildVariables.usdt}=${programs}`];
    const command = [join(root, "scripts/bun"), join(import.meta.dir, "ovs-paths.ts"), program, String(rounds)];
    const output = await mustRun([...vmrun, ...env, "--", ...command], {
      cwd: root,
      timeoutMs: (limitSeconds + 240) * 1000,
      env: { VMRUN_ICOUNT: String(icountShift), VMRUN_BOOT_TIMEOUT: "240" },
    });
    return JSON.parse(output.trim().split("\n").at(-1) ?? "") as readonly PacketCost[];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function figuresOf(costs: readonly PacketCost[], path: OvsPath, collected: Collected): readonly Figure[] {
  const own = costs.filter((cost) => cost.path === path && cost.collected === collected);
  const instructions = (nanoseconds: number) => nanoseconds / 2 ** icountShift;
  const line = (measure: string, of: (cost: PacketCost) => number): Figure => ({
    aim: "OVS",
    measure,
    unit: "instr/packet",
    samples: own.map((cost) => instructions(of(cost))),
  });
  return [
    line(`${path} path, ${collected}`, ({ sender, daemon, tool }) => sender + daemon + tool),
    line("  sender and kernel", ({ sender }) => sender),
    ...(path === "upcall" ? [line("  ovs-vswitchd", ({ daemon }) => daemon)] : []),
    ...(collections[collected] === undefined ? [] : [line("  retis", ({ tool }) => tool)]),
  ];
}

async function run(): Promise<readonly Figure[]> {
  const costs = await measureInGuest();
  return (Object.keys(paths) as OvsPath[]).flatMap((path) =>
    (Object.keys(collections) as Collected[]).flatMap((collected) => figuresOf(costs, path, collected)),
  );
}

export const ovsBenchmark: Benchmark = { name: "ovs", run };
