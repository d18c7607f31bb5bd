/** Names of network namespaces, as `ip netns` keeps them: files of nsfs, whose inode number is the namespace's. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Host, KeyLookup, OpenNamespace } from "../../core/api/collector.ts";
import { lookAtNamespace, type NamespaceFile } from "./namespace-file.ts";

/** Shortest time between two readings of the directory, and how many times longer than the last reading it is at least. */
const minimumPauseNs = 100_000_000n;
const pausePerReading = 50n;
/** For so long a name is kept without another look, for a namespace that its cookie identifies. */
const freshNs = 1_000_000_000;
const maxCookies = 8192;

/** Whose name it is. */
type Owner = Pick<OpenNamespace, "inode" | "cookie" | "since">;

/** A name and when it was last seen to lead to this namespace; nanoseconds, by the clock of events. */
interface Naming {
  readonly name: string;
  readonly identity: string;
  until: bigint;
  /** See `freshNs`; a number, as comparing one with a bigint takes long. */
  freshUntil: number;
  /** Found when it is needed first. */
  owner: Owner | undefined;
}

/** Where names are looked up, and by which clock. */
export interface NameSource {
  /** `/run/netns` */
  readonly directory: string;
  readonly host: Pick<Host, "now" | "openNamespace">;
  readonly look?: (path: string) => NamespaceFile | undefined;
}

/**
 * Names by inode number, cookie and time of the event. A name is given only when it is proven to be this namespace's: by the
 * cookie of the namespace that the named file leads to, or, on kernels that do not report it, because the event happened
 * while the file led to a namespace of that number.
 */
export class NamespaceNames {
  readonly #directory: string;
  readonly #host: NameSource["host"];
  readonly #look: (path: string) => NamespaceFile | undefined;
  readonly #byCookie = new Map<number | bigint, Naming>();
  /** Until when namespaces had no name: their events that were read together need one look. */
  readonly #unnamed = new Map<number | bigint, number>();
  #byInode = new Map<number, Naming>();
  #nextReadAt = 0n;

  constructor({ directory, host, look = lookAtNamespace }: NameSource) {
    this.#directory = directory;
    this.#host = host;
    this.#look = look;
  }

  /** Lookup `name` of the section: inode number, cookie (0 on kernels without it), time of the event. */
  readonly find: KeyLookup = (inum = 0, cookie = 0, time = 0) => {
    const known = cookie === 0 ? undefined : this.#byCookie.get(cookie);
    if (known !== undefined && time <= known.freshUntil) return known.name;
    const unnamedUntil = cookie === 0 || known !== undefined ? undefined : this.#unnamed.get(cookie);
    if (unnamedUntil !== undefined && time <= unnamedUntil) return undefined;
    const at = BigInt(time);
    const naming = this.#lookUp(Number(inum), at);
    // Without a newer name the last one stays: a namespace can send after its name is deleted.
    if (naming === undefined || !this.#isOf(naming, cookie, at)) {
      if (cookie !== 0 && known === undefined) this.#rememberUnnamed(cookie);
      return known?.name;
    }
    if (cookie !== 0) this.#remember(cookie, naming);
    return naming.name;
  };

  #rememberUnnamed(cookie: number | bigint): void {
    if (this.#unnamed.size >= maxCookies) this.#unnamed.clear();
    this.#unnamed.set(cookie, Number(this.#host.now()));
  }

  #isOf(naming: Naming, cookie: number | bigint, at: bigint): boolean {
    naming.owner ??= this.#ownerOf(naming);
    const { owner } = naming;
    if (owner === undefined) return false;
    if (cookie !== 0 && owner.cookie !== undefined) return owner.cookie === cookie;
    return at >= owner.since && at <= naming.until;
  }

  #ownerOf({ name, identity }: Naming): Owner | undefined {
    const path = join(this.#directory, name);
    using opened = this.#host.openNamespace(path);
    // It may lead elsewhere since it was looked at.
    if (opened === undefined || this.#look(path)?.identity !== identity) return undefined;
    const { inode, cookie, since } = opened;
    return { inode, cookie, since };
  }

  #remember(cookie: number | bigint, naming: Naming): void {
    // Names that are still needed are found again.
    if (this.#byCookie.size >= maxCookies) this.#byCookie.clear();
    this.#byCookie.set(cookie, naming);
  }

  #lookUp(inum: number, at: bigint): Naming | undefined {
    const naming = this.#byInode.get(inum);
    if (naming !== undefined && (at <= naming.until || this.#isUnchanged(naming))) return naming;
    // A file that changed is read at once: it happens once for each namespace that goes.
    if (naming !== undefined || this.#host.now() >= this.#nextReadAt) this.#read();
    return this.#byInode.get(inum);
  }

  #isUnchanged(naming: Naming): boolean {
    const now = this.#host.now();
    if (this.#look(join(this.#directory, naming.name))?.identity !== naming.identity) return false;
    see(naming, now);
    return true;
  }

  #read(): void {
    const startedAt = this.#host.now();
    const before = this.#byInode;
    this.#byInode = new Map();
    for (const name of namesIn(this.#directory)) {
      const until = this.#host.now();
      const file = this.#look(join(this.#directory, name));
      if (file === undefined || this.#byInode.has(file.inode)) continue;
      const known = before.get(file.inode);
      const isKnown = known?.name === name && known.identity === file.identity;
      const naming = isKnown ? known : { name, identity: file.identity, until, freshUntil: 0, owner: undefined };
      see(naming, until);
      this.#byInode.set(file.inode, naming);
    }
    const endedAt = this.#host.now();
    const pause = (endedAt - startedAt) * pausePerReading;
    this.#nextReadAt = endedAt + (pause > minimumPauseNs ? pause : minimumPauseNs);
  }
}

function see(naming: Naming, at: bigint): void {
  naming.until = at;
  naming.freshUntil = Number(at) + freshNs;
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    // No namespace was ever named here.
    return [];
  }
}
