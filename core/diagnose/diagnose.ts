/** From groups of drops to what is wrong with the host. */
import type { DropAdvice } from "../api/drop-advice.ts";
import { allChecks } from "./all-checks.ts";
import type { DropGroup, DropNamespace } from "./drop-groups.ts";
import type { Finding } from "./finding.ts";
import { findNamespaces, type FoundNamespace, hostView, type HostView } from "./host-view.ts";

/** What is known about one group of drops. */
export interface Diagnosis {
  readonly group: DropGroup;
  /** What `retis explain` says about the reason. */
  readonly advice: DropAdvice | undefined;
  /** Where the namespace of the drops is; undefined when it is gone, or when the event has none and that of retis was looked at. */
  readonly namespace: FoundNamespace | undefined;
  /** Empty when no check found anything. */
  readonly findings: readonly Finding[];
}

/** What a diagnosis starts from. */
export interface Case {
  /** The most important first. */
  readonly groups: readonly DropGroup[];
  readonly advice: readonly DropAdvice[];
  /** Groups examined; the rest is reported without findings. */
  readonly limit: number;
  /** Not so for a recording of another host, whose state cannot be looked at. */
  readonly examineHost: boolean;
}

/** Examines the host for each group. Reads files and runs commands that only read. */
export function diagnose({ groups, advice, limit, examineHost }: Case): readonly Diagnosis[] {
  const host = examineHost ? new Host() : undefined;
  return groups.map((group, index) => {
    const examined = host !== undefined && index < limit ? host.examine(group) : { namespace: undefined, findings: [] };
    return { group, advice: adviceOn(group.reason, advice), ...examined };
  });
}

function adviceOn(reason: string, all: readonly DropAdvice[]): DropAdvice | undefined {
  const name = reason.slice(reason.indexOf("/") + 1);
  return all.find((advice) => advice.name === name || advice.aliases?.includes(name));
}

class Host {
  readonly #namespaces = findNamespaces();
  readonly #views = new Map<string | undefined, HostView>();

  examine(group: DropGroup): Pick<Diagnosis, "namespace" | "findings"> {
    const namespace = this.#namespaceOf(group.namespace);
    // Of a namespace that is gone nothing can be read, and that of retis would say something else.
    if (group.namespace !== undefined && namespace === undefined) return { namespace, findings: [] };
    const view = this.#view(namespace?.path);
    const checks = allChecks.filter(({ reasons }) => reasons.includes(group.reason));
    return { namespace, findings: checks.flatMap((check) => check.examine(group, view)) };
  }

  #namespaceOf(wanted: DropNamespace | undefined): FoundNamespace | undefined {
    return wanted === undefined ? undefined : this.#namespaces.get(wanted.inum);
  }

  #view(path: string | undefined): HostView {
    let view = this.#views.get(path);
    if (view === undefined) {
      view = hostView(path, () => this.#othersThan(path));
      this.#views.set(path, view);
    }
    return view;
  }

  #othersThan(path: string | undefined): ReturnType<HostView["others"]> {
    const others = [...this.#namespaces.values()].filter((each) => each.path !== path);
    return others.map((each) => ({ name: each.name, view: this.#view(each.path) }));
  }
}
