/** What `retis inspect` found in programs, as text for people and as JSON for programs. */
import { withoutControls } from "../../base/terminal.ts";
import type { ListedUserProbe } from "../../probe/user-probe-list.ts";

/** One probe a line. */
export function userListText(probes: readonly ListedUserProbe[]): string {
  return probes.map(({ probe }) => `${withoutControls(probe)}\n`).join("");
}

/** Each probe with its file, its processes and where its arguments are. */
export function userDetailText(probes: readonly ListedUserProbe[]): string {
  return probes.map((probe) => `${detailLines(probe).join("\n")}\n`).join("\n");
}

function detailLines({ probe, path, pids, sites, operands }: ListedUserProbe): readonly string[] {
  const processes = pids.length === 0 ? "" : `, process ${pids.join(", ")}`;
  return [
    withoutControls(probe),
    `  in ${withoutControls(path)}${sites === 1 ? "" : `, ${sites} locations`}${processes}`,
    ...(operands === undefined ? [] : [operands === "" ? "  no arguments" : `  arguments ${operands}`]),
  ];
}

/** A list of probes. */
export function userJsonText(probes: readonly ListedUserProbe[]): string {
  const list = probes.map(({ operands, ...probe }) => ({ ...probe, ...(operands === undefined ? {} : { arguments: operands }) }));
  return `${JSON.stringify(list, undefined, 2)}\n`;
}
