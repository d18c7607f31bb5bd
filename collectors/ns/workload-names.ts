import type { KeyLookup, NamespaceWorkload, WorkloadFacts } from "../../core/api/collector.ts";

type U64 = number | bigint;

const none: NamespaceWorkload = {};
/** Events of a namespace that its cookie identifies, and of a socket's control group, which come within this time, are looked up once. */
const sameForNs = 1_000_000;

/**
 * Lookups of the section for inode number, cookie, time of the event, control group of the socket. A socket says more than its
 * namespace, which several containers may share; but who only looks into the namespace of a container is not it.
 */
export class WorkloadNames {
  readonly #workloads: WorkloadFacts;
  /** The lookups of an event come one after another, and this is on the path of each event: nothing is allocated for a key. */
  #inode: U64 = 0;
  #cookie: U64 = 0;
  #time: U64 = -1;
  #sameUntil = 0;
  #group: U64 = 0;
  #last: NamespaceWorkload = none;

  constructor(workloads: WorkloadFacts) {
    this.#workloads = workloads;
  }

  readonly lookups: Readonly<Record<keyof NamespaceWorkload, KeyLookup>> = {
    container: (inode = 0, cookie = 0, time = 0, group = 0) => this.#of(inode, cookie, time, group).container,
    pod: (inode = 0, cookie = 0, time = 0, group = 0) => this.#of(inode, cookie, time, group).pod,
    unit: (inode = 0, cookie = 0, time = 0, group = 0) => this.#of(inode, cookie, time, group).unit,
    process: (inode = 0, cookie = 0, time = 0, group = 0) => this.#of(inode, cookie, time, group).process,
  };

  #of(inode: U64, cookie: U64, time: U64, group: U64): NamespaceWorkload {
    if (inode === this.#inode && cookie === this.#cookie && group === this.#group && this.#isSameTime(time)) return this.#last;
    this.#inode = inode;
    this.#cookie = cookie;
    this.#time = time;
    this.#sameUntil = Number(time) + sameForNs;
    this.#group = group;
    this.#last = this.#find(inode, cookie, time, group);
    return this.#last;
  }

  /** A number that is given to another namespace may mean something else at once. */
  #isSameTime(time: U64): boolean {
    if (time === this.#time) return true;
    return this.#cookie !== 0 && time >= this.#time && time < this.#sameUntil;
  }

  #find(inode: U64, cookie: U64, time: U64, group: U64): NamespaceWorkload {
    const ofSocket = group === 0 ? none : this.#workloads.ofControlGroup(group);
    if (isContained(ofSocket)) return ofSocket;
    const ofNamespace = this.#workloads.ofNamespace({ inode: Number(inode), cookie, time });
    return isContained(ofNamespace) || ofSocket.unit === undefined ? ofNamespace : ofSocket;
  }
}

function isContained({ container, pod }: NamespaceWorkload): boolean {
  return container !== undefined || pod !== undefined;
}
