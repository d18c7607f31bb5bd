/** Completes probes in programs: the program, then the provider of a static probe, then a name. */
import { listUserProbes, runningPrograms } from "../probe/user-probe-list.ts";
import type { UserRequest } from "../userspace/user-request.ts";
import type { Completion } from "./complete.ts";

const types: Readonly<Record<string, UserRequest["type"]>> = { usdt: "usdt", uprobe: "uprobe", u: "uprobe" };

/** Whether a probe that is being typed is one in a program. */
export function isUserProbe(text: string): boolean {
  return text.includes(":") && text.slice(0, text.indexOf(":")) in types;
}

export function completeUserProbe(text: string): Completion {
  const [typed = "", program = "", ...rest] = text.split(":");
  const type = types[typed] ?? "usdt";
  if (rest.length === 0)
    return matching(
      text,
      runningPrograms(type === "usdt").map((name) => `${typed}:${name}:`),
      true,
    );
  if (type === "uprobe")
    return matching(
      text,
      symbols({ type, program, target: `${rest.join(":")}*` }).map((name) => `${typed}:${program}:${name}`),
    );
  const probes = symbols({ type, program, target: "*:*" });
  if (rest.length > 1)
    return matching(
      text,
      probes.map((name) => `${typed}:${program}:${name}`),
    );
  const providers = new Set(probes.map((name) => name.slice(0, name.indexOf(":"))));
  return matching(
    text,
    [...providers].map((provider) => `${typed}:${program}:${provider}:`),
    true,
  );
}

/** What follows the program in the probes that fit; none when the program cannot be looked into. */
function symbols(request: UserRequest): readonly string[] {
  const start = `${request.type}:${request.program}:`.length;
  try {
    return listUserProbes(request).map(({ probe }) => probe.slice(start));
  } catch {
    return [];
  }
}

function matching(text: string, values: readonly string[], continues?: true): Completion {
  const candidates = [...new Set(values)].filter((value) => value.startsWith(text)).map((value) => ({ value }));
  return continues ? { candidates, continues } : { candidates };
}
