import type { KeyLookup, NamespaceWorkload, WorkloadFacts } from "../../core/api/collector.ts";

type Key = readonly (number | bigint)[];

/**
 * Lookups of the section for inode number, cookie, time of the event, control group of the socket. A socket says more than its
 * namespace, which several containers may share; but who only looks into the namespace of a container is not it.
 */
export class WorkloadNames {
  readonly #workloads: WorkloadFacts;
  /** The lookups of an event come one after another. */
  #lastKey: Key = [];
  #last: NamespaceWorkload = {};

  constructor(workloads: WorkloadFacts) {
    this.#workloads = workloads;
  }

  readonly lookups: Readonly<Record<keyof NamespaceWorkload, KeyLookup>> = {
    container: (...key) => this.#of(key).container,
    pod: (...key) => this.#of(key).pod,
    unit: (...key) => this.#of(key).unit,
    process: (...key) => this.#of(key).process,
  };

  #of(key: Key): NamespaceWorkload {
    const last = this.#lastKey;
    if (key[0] === last[0] && key[1] === last[1] && key[2] === last[2] && key[3] === last[3]) return this.#last;
    this.#lastKey = key;
    this.#last = this.#find(key);
    return this.#last;
  }

  #find([inode = 0, cookie = 0, time = 0, group = 0]: Key): NamespaceWorkload {
    const ofSocket = group === 0 ? {} : this.#workloads.ofControlGroup(group);
    if (isContained(ofSocket)) return ofSocket;
    const ofNamespace = this.#workloads.ofNamespace({ inode: Number(inode), cookie, time });
    return isContained(ofNamespace) || ofSocket.unit === undefined ? ofNamespace : ofSocket;
  }
}

function isContained({ container, pod }: NamespaceWorkload): boolean {
  return container !== undefined || pod !== undefined;
}
