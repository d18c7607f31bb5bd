/** Drops by device, each namespace's on their own. */
import { type Event, isU64, type SectionData } from "../api/event.ts";
import { chooseName, labelOf } from "../api/workload.ts";
import { type Counter, type Ranking, Tally } from "./tally.ts";

/** Namespaces whose names are remembered; further ones are shown by their numbers. */
const maxNamespaces = 100_000;

interface Namespace {
  /** Undefined on kernels without cookies. */
  readonly cookie: string | undefined;
  readonly inode: string;
  /** The last one, or who owns it. */
  name: string | undefined;
}

/** Where drops are counted. */
export interface DevicePlace {
  readonly counter: Counter;
  /** Undefined without one, and beyond the limit. */
  readonly namespace: Namespace | undefined;
  /** Name of the namespace, if the event says it. */
  readonly name: string | undefined;
}

/**
 * Counts by namespace and device. A namespace is the same by its cookie, whatever its name becomes: names and inode numbers
 * are given again. Without cookies, one with another name is taken for another one. Containers and services that share a
 * namespace are counted apart.
 */
export class DeviceTally {
  readonly #tally = new Tally();
  readonly #namespaces = new Map<string, Namespace>();

  /** An event without a device is not counted. */
  add(event: Event): void {
    const place = this.placeOf(event);
    if (place !== undefined) this.count(place);
  }

  /** Counts an event there. */
  count({ counter, namespace, name }: DevicePlace): void {
    counter.increment();
    if (namespace !== undefined && name !== undefined) namespace.name = name;
  }

  /** Where an event is counted; undefined when it has no device. */
  placeOf({ dev, netns }: Event): DevicePlace | undefined {
    if (dev === undefined) return undefined;
    const name = typeof dev["name"] === "string" && dev["name"] !== "" ? ` (${dev["name"]})` : "";
    const device = `if ${String(dev["ifindex"])}${name}`;
    if (netns === undefined) return { counter: this.#tally.counterOf(device), namespace: undefined, name: undefined };
    const chosen = chooseName(netns);
    const namespaceName = chosen && labelOf(chosen);
    const key = this.#identify(netns, namespaceName, chosen?.kind !== undefined);
    return { counter: this.#tally.counterOf(`${key} ${device}`), namespace: this.#namespaces.get(key), name: namespaceName };
  }

  /** By `if <ifindex>[ (<name>)]` as in events' text, after `ns` and the namespace's name or number, with its cookie where others have the same. */
  ranking(top: number): Ranking {
    const labels = this.#labels();
    return this.#tally.ranking(top, (key) => {
      const space = key.indexOf(" ");
      const namespace = labels.get(key.slice(0, space));
      return namespace === undefined ? key : `ns ${namespace}${key.slice(space)}`;
    });
  }

  /** A key without spaces. @param isOwned whether the name is that of a container or service */
  #identify(netns: SectionData, name: string | undefined, isOwned: boolean): string {
    const inode = String(netns["inum"]);
    const cookie = cookieText(netns["cookie"]);
    // A namespace gets other names; but containers and services that share it are counted apart.
    const owner = encodeURIComponent(cookie !== undefined && !isOwned ? "" : (name ?? ""));
    const key = `${cookie ?? ""}/${inode}/${owner}`;
    if (!this.#namespaces.has(key) && this.#namespaces.size < maxNamespaces) this.#namespaces.set(key, { cookie, inode, name });
    return key;
  }

  #labels(): ReadonlyMap<string, string> {
    const label = ({ name, inode }: Namespace) => name ?? inode;
    const counts = new Map<string, number>();
    for (const namespace of this.#namespaces.values()) counts.set(label(namespace), (counts.get(label(namespace)) ?? 0) + 1);
    const unique = (namespace: Namespace) => {
      const { cookie, inode, name } = namespace;
      const number = cookie === undefined ? inode : `${cookie}/${inode}`;
      if (counts.get(label(namespace)) === 1) return label(namespace);
      return name === undefined ? number : `${number} (${name})`;
    };
    return new Map([...this.#namespaces].map(([key, namespace]) => [key, unique(namespace)]));
  }
}

/** As events' text shows it; undefined for no cookie, or what is none. */
function cookieText(cookie: unknown): string | undefined {
  return isU64(cookie) && BigInt(cookie) !== 0n ? `0x${cookie.toString(16)}` : undefined;
}
