/**
 * A fixed amount of work for the kernel that needs no kprobes: done on this machine and in an emulated guest, it shows how
 * much slower the guest is at work of this nature. It says nothing about waiting, which takes both the same time.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { attachRawTracepoint } from "../../core/libbpf/raw-tracepoint-link.ts";
import { createMap, loadProgram, mapTypes, programTypes } from "../../core/libbpf/raw-objects.ts";
import { median } from "./figure.ts";

const rounds = 5;
const maps = 1000;
const programs = 500;
const links = 200;
/** A tracepoint that hardly ever fires. */
const quietTracepoint = "signal_generate";

/** Milliseconds by kind of work. */
export interface KernelWork {
  /** Creating and closing 1,000 maps: allocation. */
  readonly maps: number;
  /** Loading and closing 500 small programs: verifier, compiler, code pages. */
  readonly programs: number;
  /** Attaching 200 programs to a tracepoint and detaching them: patching of kernel code. */
  readonly links: number;
  /** Reading /proc/kallsyms: plain computing over the kernel's tables. */
  readonly symbols: number;
}

function opened<T>(what: T | number): T {
  if (typeof what === "number") throw new Error(`the kernel answered errno ${what}`);
  return what;
}

function createMaps(): void {
  const created = Array.from({ length: maps }, () => opened(createMap(mapTypes.perCpuArray, 4, 64, 16)));
  for (const map of created) map.close();
}

function loadPrograms(): void {
  const loaded = Array.from({ length: programs }, () => opened(loadProgram({ type: programTypes.rawTracepoint })));
  for (const program of loaded) program.close();
}

function attachLinks(): void {
  const loaded = Array.from({ length: links }, () => opened(loadProgram({ type: programTypes.rawTracepoint })));
  const attached = loaded.map(({ fd }) => opened(attachRawTracepoint(fd, quietTracepoint)));
  for (const object of [...attached, ...loaded]) object.close();
}

function readSymbols(): void {
  const file = openSync("/proc/kallsyms", "r");
  const buffer = new Uint8Array(1 << 20);
  while (readSync(file, buffer) > 0);
  closeSync(file);
}

function medianMs(work: () => void): number {
  const samples = Array.from({ length: rounds }, () => {
    const from = performance.now();
    work();
    return performance.now() - from;
  });
  return median(samples);
}

/** Does the work, as root. */
export function measureKernelWork(): KernelWork {
  return { maps: medianMs(createMaps), programs: medianMs(loadPrograms), links: medianMs(attachLinks), symbols: medianMs(readSymbols) };
}

/** How many times longer the same work takes there than here, by kind. */
export function slowdowns(here: KernelWork, there: KernelWork): readonly number[] {
  return [there.maps / here.maps, there.programs / here.programs, there.links / here.links, there.symbols / here.symbols];
}
