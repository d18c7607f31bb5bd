/** What `retis inspect` found, as text for people and as JSON for programs. */
import type { Parameter } from "../../kernel/prototype.ts";
import type { UsableProbe } from "../../probe/usable-probes.ts";

/** One probe a line. */
export function listText(probes: readonly UsableProbe[]): string {
  return probes.map(({ probe }) => `${probe}\n`).join("");
}

/** Each probe with its prototype and what each collector reads there. */
export function detailText(probes: readonly UsableProbe[]): string {
  return probes
    .map((probe) =>
      detailLines(probe)
        .map((line) => `${line}\n`)
        .join(""),
    )
    .join("\n");
}

function detailLines({ probe, parameters, source, readers }: UsableProbe): readonly string[] {
  const width = Math.max(0, ...readers.map(({ collector }) => collector.length));
  const readings = readers.map(({ collector, reads }) => {
    const texts = reads.map((position) => `argument ${position + 1} (${parameterText(parameters[position]!)})`);
    return `  ${collector.padEnd(width)}  reads ${texts.join(" and ")}`;
  });
  return [
    probe,
    `  (${parameters.length === 0 ? "void" : parameters.map(parameterText).join(", ")})`,
    ...(source === "vmlinux" ? [] : [`  in module ${source}`]),
    ...(readings.length === 0 ? ["  no collector can read its arguments"] : readings),
  ];
}

/** As in C: `struct sk_buff *skb`. What has no short type text is shown as `…`. */
function parameterText({ name, type }: Parameter): string {
  const text = type === "" ? "…" : type;
  if (name === "") return text;
  return text.endsWith("*") ? `${text}${name}` : `${text} ${name}`;
}

/** A list of probes; positions count from 0. */
export function jsonText(probes: readonly UsableProbe[]): string {
  const list = probes.map(({ probe, type, source, parameters, readers }) => ({
    probe,
    type,
    source,
    parameters,
    collectors: Object.fromEntries(readers.map(({ collector, reads }) => [collector, reads])),
  }));
  return `${JSON.stringify(list, undefined, 2)}\n`;
}
