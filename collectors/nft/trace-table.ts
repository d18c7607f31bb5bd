/**
 * The rule that makes the kernel show what rules do. Any rule with `meta nftrace set` turns on a switch of the whole kernel
 * (nft_trace_enabled, net/netfilter/nft_meta.c). Ours is in a chain that no packet comes to, so no packet is marked.
 */
import { randomBytes } from "node:crypto";
import type { Subprocess } from "bun";
import { cleanEnvironment } from "../../core/base/child-environment.ts";
import { DeathWatch } from "../../core/base/death-watch.ts";
import { reasonOf } from "../../core/base/errors.ts";
import { runNft } from "./nft-program.ts";

const chain = "Retis_Chain";
/** Longest wait for the table to appear. */
const limitMs = 5000;
/** Longest wait for the owner to end by itself, which it does at once. */
const endLimitMs = 200;
const pollMs = 20;

/** An interactive nft: the kernel removes its table when it ends, and it ends when nobody holds its standard input any more. */
type Owner = Subprocess<"pipe", "ignore", "pipe">;

/** A name that no other run has, whatever its process namespace: with a shared table, the first run to end would end the tracing of the other. */
function ownName(): string {
  return `inet Retis_Table_${process.pid}_${randomBytes(4).toString("hex")}`;
}

function commands(table: string, flags: string): string {
  return `create table ${table} ${flags}; add chain ${table} ${chain}; add rule ${table} ${chain} meta nftrace set 1`;
}

function exists(table: string): boolean {
  try {
    return runNft(["list", "chain", ...table.split(" "), chain]).includes("nftrace");
  } catch {
    return false;
  }
}

/** @returns undefined when there can be no owned table: before Linux 5.12, or with an nft that is not interactive */
async function addOwned(table: string): Promise<Owner | undefined> {
  // Not in our process group, so that Ctrl-C leaves it alone.
  const owner: Owner = Bun.spawn(["nft", "-i"], {
    stdin: "pipe",
    stdout: "ignore",
    stderr: "pipe",
    env: cleanEnvironment,
    cwd: "/",
    detached: true,
  });
  owner.unref();
  owner.stdin.write(`${commands(table, "{ flags owner; }")}\n`);
  owner.stdin.flush();
  let refused = false;
  void owner.stderr
    .getReader()
    .read()
    .then(() => (refused = true));
  for (const deadline = Date.now() + limitMs; Date.now() < deadline && !refused; await Bun.sleep(pollMs)) {
    if (exists(table)) return owner;
  }
  owner.kill("SIGKILL");
  return undefined;
}

/** Adds a table that nobody owns. @throws Error when nft or the kernel refuses it */
function addWatched(table: string): DeathWatch {
  const watch = new DeathWatch("nft delete table $it");
  watch.arm(table);
  try {
    runNft([commands(table, "")]);
  } catch (error) {
    watch.release();
    throw error;
  }
  return watch;
}

/** The table while it is there. */
export class TraceTable {
  /** Family and name. */
  readonly table: string;
  readonly #owner: Owner | DeathWatch;

  private constructor(table: string, owner: Owner | DeathWatch) {
    this.table = table;
    this.#owner = owner;
  }

  /** @throws Error when nft or the kernel refuses it */
  static async add(): Promise<TraceTable> {
    const table = ownName();
    return new TraceTable(table, (await addOwned(table)) ?? addWatched(table));
  }

  /** @throws Error that says how to remove it by hand */
  async remove(): Promise<void> {
    try {
      await this.#remove();
    } catch (error) {
      throw new Error(`${reasonOf(error)}; remove its table with: nft delete table ${this.table}`);
    }
  }

  async #remove(): Promise<void> {
    const owner = this.#owner;
    if (owner instanceof DeathWatch) {
      runNft(["delete", "table", ...this.table.split(" ")]);
      owner.release();
      return;
    }
    owner.stdin.end();
    const impatience = setTimeout(() => owner.kill("SIGKILL"), endLimitMs);
    await owner.exited;
    clearTimeout(impatience);
    if (exists(this.table)) throw new Error("nft did not end");
  }
}
