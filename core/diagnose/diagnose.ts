/** From groups of drops to what is wrong with the host. */
import type { DropAdvice } from "../api/drop-advice.ts";
import { isOwn } from "./addresses.ts";
import { allChecks } from "./all-checks.ts";
import type { DropGroup, DropNamespace } from "./drop-groups.ts";
import type { Finding } from "./finding.ts";
import type { PacketFacts } from "./packet-facts.ts";
import type { Diagnosis, Unexamined } from "./diagnosis.ts";
import { answerKey } from "./same-answer.ts";
import { findNamespaces, type FoundNamespace, hostView, type HostView } from "./host-view.ts";

/** What a diagnosis starts from. */
export interface Case {
  /** The most important first. */
  readonly groups: readonly DropGroup[];
  readonly advice: readonly DropAdvice[];
  /** Different answers to look for; groups that come after these are reported without findings. */
  readonly limit: number;
  /** Not so for a recording of another host, whose state cannot be looked at. */
  readonly examineHost: boolean;
}

/** A scan makes a group for each port or address, of which all have the same answer: so many are examined for one that is new. */
const groupsPerAnswer = 10;

/** Examines the host for each group. Reads files and runs commands that only read. */
export function diagnose({ groups, advice, limit, examineHost }: Case): readonly Diagnosis[] {
  const host = examineHost ? new Host() : undefined;
  const answers = new Set<string>();
  return groups.map((group, index) => {
    const isWithin = answers.size < limit && index < limit * groupsPerAnswer;
    const result = host === undefined ? notExamined("other-host") : isWithin ? host.examine(group) : notExamined("limit");
    const diagnosis = { group, advice: adviceOn(group.reason, advice), ...result };
    answers.add(answerKey(diagnosis));
    return diagnosis;
  });
}

function notExamined(unexamined: Unexamined): Result {
  return { namespace: undefined, unexamined, findings: [] };
}

type Result = Pick<Diagnosis, "namespace" | "unexamined" | "findings">;

function adviceOn(reason: string, all: readonly DropAdvice[]): DropAdvice | undefined {
  const name = reason.slice(reason.indexOf("/") + 1);
  return all.find((advice) => advice.name === name || advice.aliases?.includes(name));
}

/** Where a group is examined; without a namespace it is that of retis. */
interface Place {
  readonly namespace: FoundNamespace | undefined;
  readonly isSure: boolean;
}

function asPossible(finding: Finding): Finding {
  return { ...finding, certainty: "possible" };
}

class Host {
  readonly #namespaces = findNamespaces();
  readonly #views = new Map<string | undefined, HostView>();

  examine(group: DropGroup): Result {
    const { namespace, isSure } = group.namespace === undefined ? this.#likelyNamespace(group.packet) : this.#given(group.namespace);
    // Of a namespace that is gone nothing can be read, and that of retis would say something else.
    if (group.namespace !== undefined && namespace === undefined) return notExamined("namespace-gone");
    const view = this.#view(namespace?.path);
    const checks = allChecks.filter(({ reasons }) => reasons.includes(group.reason));
    const findings = checks.flatMap((check) => check.examine(group, view));
    return { namespace, unexamined: undefined, findings: isSure ? findings : findings.map(asPossible) };
  }

  #given({ inum }: DropNamespace): Place {
    return { namespace: this.#namespaces.get(inum), isSure: true };
  }

  /** Some packets have neither a device nor a socket, such as fragments that wait: then it is that of their address. */
  #likelyNamespace(packet: PacketFacts | undefined): Place {
    if (packet === undefined) return { namespace: undefined, isSure: false };
    for (const address of [packet.destination, packet.source]) {
      const owners = [...this.#namespaces.values()].filter(({ path }) => isOwn(this.#view(path), address));
      if (owners.length === 1) return { namespace: owners[0], isSure: true };
    }
    return { namespace: undefined, isSure: false };
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
