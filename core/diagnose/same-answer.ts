/** Groups of drops that have the same answer, such as those of a scan of ports or of many clients of one server. */
import type { Diagnosis } from "./diagnosis.ts";
import type { PacketFacts } from "./packet-facts.ts";

/** Groups with one answer; the most frequent group first. */
export interface Answer {
  readonly diagnoses: readonly [Diagnosis, ...(readonly Diagnosis[])];
  /** Drops of all groups. */
  readonly drops: number;
}

/** The answers, those of the most drops first. */
export function answersOf(diagnoses: readonly Diagnosis[]): readonly Answer[] {
  const byKey = Map.groupBy(diagnoses, answerKey);
  const answers = [...byKey.values()].map(([first, ...others]) => ({
    diagnoses: [first!, ...others] as const,
    drops: [first!, ...others].reduce((sum, { group }) => sum + group.count, 0),
  }));
  return answers.sort((a, b) => b.drops - a.drops);
}

/** The same for groups whose drops were found to have the same causes, but for the addresses and port of their packets. */
export function answerKey({ group, unexamined, namespace, findings }: Diagnosis): string {
  const { reason, location, device, packet } = group;
  const found = findings.map(({ id, certainty, cause, change, evidence }) => {
    // A rule that a cause quotes is one of its own.
    const quoted = evidence.map(({ value }) => value).filter((value) => cause.includes(value));
    return [id, certainty, generic(cause, packet), generic(change, packet), ...quoted];
  });
  const where = [group.namespace?.inum, namespace?.path, device, packet?.protocol];
  return JSON.stringify([reason, location, ...where, unexamined, ...found]);
}

/** A text about a packet as it would be about another one. */
function generic(text: string, packet: PacketFacts | undefined): string {
  if (packet === undefined) return text;
  const { destination, source, destinationPort } = packet;
  const named = [
    [destination, "DESTINATION"],
    [source, "SOURCE"],
    [String(destinationPort), "PORT"],
  ] as const;
  return named.reduce((result, [value, name]) => replaceWhole(result, value, name), text);
}

/** Not where it is a part of another address or number. */
function replaceWhole(text: string, value: string, name: string): string {
  return text.replace(new RegExp(`(?<![\\w.:])${RegExp.escape(value)}(?![\\w:]|\\.\\d)`, "g"), name);
}
