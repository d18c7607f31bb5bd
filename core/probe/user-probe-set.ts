/**
 * The user-space probes of one run. A probe is one of a program file, whichever request it was found for, so it is known
 * again when a process that was restarted runs the same file.
 */
import type { FoundFile } from "../userspace/target-finder.ts";
import type { UserRequest } from "../userspace/user-request.ts";
import { requestText } from "../userspace/user-request.ts";
import type { UserSite, UserTarget } from "../userspace/user-target.ts";
import type { SlottedHook } from "./linked-hooks.ts";
import type { Probe } from "./probe.ts";
import { sharedValue } from "./probe-set.ts";
import { type ProbeSpec, parseProbe } from "./probe-spec.ts";

/** A request, and whether a user made it rather than a collector. */
export interface UserProbeRequest {
  readonly request: UserRequest;
  readonly requested: boolean;
  /** See `PlannedProbe` of the contract. */
  readonly value?: number | undefined;
}

/** A site with its index in the table of sites, which is the cookie of what is attached there. */
export interface NumberedSite {
  readonly index: number;
  readonly site: UserSite;
}

export interface UserProbe extends Probe {
  readonly type: "usdt" | "uprobe";
  /** Path of the program file, in the mount namespace of the process it was found in. */
  readonly path: string;
  readonly sites: readonly NumberedSite[];
}

/** Probes and sites that a run has room for. */
export interface UserProbeRoom {
  /** Index of the first probe. */
  readonly firstId: number;
  readonly probes: number;
  readonly sites: number;
}

/** Bits of the hooks that name a probe in one of these ways; those for every probe are about packets. */
export function namedHookMask(hooks: readonly SlottedHook[], keys: readonly string[]): number {
  const named = hooks.filter(
    ({ kind, at }) => kind === "hook" && at !== "every-probe" && at.some((text) => keys.includes(canonical(text))),
  );
  return named.reduce((mask, { slot }) => mask | (1 << slot), 0) >>> 0;
}

/** What a spec requests in programs; undefined for one in the kernel. */
export function userRequest({ type, program, target }: ProbeSpec): UserRequest | undefined {
  return program !== undefined && (type === "usdt" || type === "uprobe") ? { type, program, target } : undefined;
}

/** A probe as hooks name it, in the form of {@link requestText}. */
function canonical(text: string): string {
  const request = userRequest(parseProbe(text));
  return request ? requestText(request) : text;
}

/** How hooks may name a probe: with the program as it was requested, without it, or as the whole request. */
function hookKeys(request: UserRequest, symbol: string): readonly string[] {
  return [requestText(request), requestText({ ...request, target: symbol }), `${request.type}:${symbol}`];
}

export class UserProbeSet {
  readonly #requests: readonly UserProbeRequest[];
  readonly #hooks: readonly SlottedHook[];
  readonly #room: UserProbeRoom;
  readonly #probes = new Map<string, UserProbe>();
  #sites = 0;
  #full = false;

  constructor(requests: readonly UserProbeRequest[], hooks: readonly SlottedHook[], room: UserProbeRoom) {
    this.#requests = requests;
    this.#hooks = hooks;
    this.#room = room;
  }

  /** All probes so far, in the order of their indexes. */
  get probes(): readonly UserProbe[] {
    return [...this.#probes.values()];
  }

  /** Whether something was left out as there was no room for it. */
  get full(): boolean {
    return this.#full;
  }

  /** Sites so far. */
  get siteCount(): number {
    return this.#sites;
  }

  /** Numbers the probes of a file. A probe that is wanted for more than one reason is one and serves all of them. */
  add(found: FoundFile): readonly UserProbe[] {
    return found.targets.flatMap((target) => this.#probeOf(found, target) ?? []);
  }

  #probeOf({ request, file, path }: FoundFile, target: UserTarget): UserProbe | undefined {
    const key = `${file.identity} ${target.type} ${target.symbol}`;
    const known = this.#probes.get(key);
    const requested = this.#requests.some((one) => one.request === request && one.requested);
    const hooks = namedHookMask(this.#hooks, hookKeys(request, target.symbol));
    if (!known && (this.#probes.size >= this.#room.probes || this.#sites + target.sites.length > this.#room.sites)) {
      this.#full = true;
      return undefined;
    }
    const probe: UserProbe = {
      id: known?.id ?? this.#room.firstId + this.#probes.size,
      type: target.type,
      symbol: target.symbol,
      path: known?.path ?? path,
      parameters: [],
      hooks: ((known?.hooks ?? 0) | hooks) >>> 0,
      contextHooks: 0,
      requested: requested || known?.requested === true,
      // What a user requested is shown, whether or not a collector has something to say about it.
      bare: requested || known?.bare === true,
      stack: false,
      showStack: false,
      ...sharedValue(key, known?.value, this.#requests.find((one) => one.request === request)?.value),
      sites: known?.sites ?? target.sites.map((site, index) => ({ index: this.#sites + index, site })),
    };
    if (!known) this.#sites += target.sites.length;
    this.#probes.set(key, probe);
    return probe;
  }
}
