/** What control groups belong to, by their ids. */
import type { Workload } from "../api/workload.ts";
import { controlGroupMount, kernfsPath } from "../libbpf/control-group.ts";
import { pauseAfter } from "./pauses.ts";
import type { TimeBudget } from "./time-budget.ts";
import type { Workloads } from "./workloads.ts";

const maxGroups = 16_384;
const none: Workload = {};
/** The root of the hierarchy (fs/kernfs/dir.c). */
const rootId = 1;

interface Known {
  readonly workload: Workload;
  /** Infinite when the answer is final: ids are not given again. */
  readonly lookAgainAt: number;
  readonly tries: number;
}

/** What is looked at; tests have their own. */
export interface ControlGroupSource {
  readonly workloads: Pick<Workloads, "find">;
  readonly budget: TimeBudget;
  /** Path below the root of the hierarchy; undefined when the group is gone. */
  readonly pathOf?: (id: bigint) => string | undefined;
  /** Milliseconds of a clock that never goes back. */
  readonly milliseconds?: () => number;
}

/** Remembers what groups belong to; a container that nothing names yet is looked for again. */
export class ControlGroups {
  readonly #source: Required<ControlGroupSource>;
  readonly #known = new Map<number | bigint, Known>();
  readonly #paths = new Map<bigint, string>();

  constructor(source: ControlGroupSource) {
    this.#source = { pathOf: pathBelowMount(), milliseconds: () => performance.now(), ...source };
  }

  /** @param id of a control group of version 2 */
  find(id: number | bigint): Workload {
    if (id === 0 || id === rootId) return none;
    const known = this.#known.get(id);
    if (known !== undefined && (known.lookAgainAt === Infinity || this.#source.milliseconds() < known.lookAgainAt)) return known.workload;
    return this.#source.budget.spend(() => this.#lookUp(id, known)) ?? known?.workload ?? none;
  }

  /** @returns below the root of the hierarchy, `/` for the root; ids are not given again, so that what is known stays */
  path(id: number | bigint): string | undefined {
    const key = BigInt(id);
    const known = this.#paths.get(key);
    if (known !== undefined || key === 0n) return known;
    const found = this.#source.budget.spend(() => this.#source.pathOf(key));
    if (found === undefined) return undefined;
    if (this.#paths.size >= maxGroups) this.#paths.clear();
    this.#paths.set(key, found || "/");
    return found || "/";
  }

  #lookUp(id: number | bigint, before: Known | undefined): Workload {
    const path = this.#source.pathOf(BigInt(id));
    const tries = (before?.tries ?? 0) + 1;
    const { workload, isUnnamed } = path === undefined ? { workload: none, isUnnamed: true } : this.#source.workloads.find(path);
    const lookAgainAt = isUnnamed ? this.#source.milliseconds() + pauseAfter(tries) : Infinity;
    // A container whose group is gone keeps the id that it was shown with.
    const kept = path === undefined ? (before?.workload ?? none) : workload;
    if (this.#known.size >= maxGroups) this.#known.clear();
    this.#known.set(id, { workload: kept, lookAgainAt, tries });
    return kept;
  }
}

/** Looks below the place where version 2 is mounted. */
function pathBelowMount(): (id: bigint) => string | undefined {
  const mount = controlGroupMount();
  return (id) => (mount === undefined ? undefined : kernfsPath(mount, id)?.slice(mount.length));
}
