/** Drops packets in a namespace of its own as fast as one CPU can (flood.c). */
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { createNamespaces, destroyNamespaces, type Namespace } from "../support/netns.ts";
import { compileProgram } from "../support/compile-c.ts";

/** CPUs for both sides of a benchmark, so that the flood does not take the reader's time; undefined: there is only one. */
export const cpus: { readonly flood: number; readonly reader: number | undefined } = {
  flood: 0,
  reader: availableParallelism() > 1 ? 1 : undefined,
};

/** Owns the namespace and the compiled program. */
export class Flood {
  private constructor(
    private readonly namespace: Namespace,
    private readonly directory: string,
    /** Inode number of the namespace, as events show it. */
    readonly inum: number,
  ) {}

  static async prepare(): Promise<Flood> {
    const directory = mkdtempSync(join(tmpdir(), "retis-flood-"));
    try {
      compileProgram(join(import.meta.dir, "flood.c"), join(directory, "flood"));
      const [namespace] = (await createNamespaces(1)) as [Namespace];
      return new Flood(namespace, directory, namespace.inode());
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** Drops for so many seconds, with a pause after each 2,048 packets, as fast as it can without; on one CPU or several at once. */
  async run(seconds: number, pauseMicroseconds?: number, on: readonly number[] = [cpus.flood]): Promise<void> {
    const pause = pauseMicroseconds === undefined ? [] : [String(pauseMicroseconds)];
    const flood = (cpu: number) =>
      this.namespace.run([join(this.directory, "flood"), String(cpu), String(seconds), ...pause], { timeoutMs: (seconds + 60) * 1000 });
    await Promise.all(on.map(flood));
  }

  /** Packets dropped so far, by the kernel's own count: datagrams that a socket filter rejected are input errors. */
  async drops(): Promise<number> {
    const lines = (await this.namespace.run(["cat", "/proc/net/snmp"])).split("\n").filter((line) => line.startsWith("Udp:"));
    const [names, values] = lines.map((line) => line.split(" ")) as [string[], string[]];
    return Number(values[names.indexOf("InErrors")]);
  }

  async close(): Promise<void> {
    rmSync(this.directory, { recursive: true, force: true });
    await destroyNamespaces([this.namespace]);
  }
}
