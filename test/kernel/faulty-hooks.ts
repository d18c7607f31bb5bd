/** Collectors of third parties that fail where they meet the kernel, and some whose functions do what they must not do, all in one run. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { elfSections } from "../../core/libbpf/elf-sections.ts";
import { compileBpf } from "../support/compile-c.ts";
import { Collection, retis } from "../support/retis.ts";
import { scenario, type Trial } from "../support/scenario.ts";
import { twoNamespaces } from "../support/topology.ts";
import { sendUdp } from "../support/traffic.ts";

/** The compiler takes long in a guest: each collector's object is this one, under a name of the same length. */
const source = `
#include <retis/hook.h>
struct aaaa_section { u32 length; };
RETIS_SECTION(aaaa, aaaa, struct aaaa_section);
RETIS_CONST(aaaa, u32, limit, 0);
RETIS_HOOK(aaaa, RETIS_ALL_FILTERS)
{
	const struct sk_buff *skb = retis_skb(ctx, event);
	struct aaaa_section *section;

	if (!skb || !(section = retis_section(aaaa, aaaa, struct aaaa_section)))
		return 0;
	section->length = skb->len + retis_const(aaaa, limit);
	return 0;
}
`;

type Damage = (object: Buffer) => void;

/** Replaces a name in the strings of the object by one of the same length. */
const rename =
  (from: string, to: string): Damage =>
  (object) => {
    for (let at = object.indexOf(`\0${from}\0`); at >= 0; at = object.indexOf(`\0${from}\0`, at + 1)) object.write(to, at + 1, "latin1");
  };

/** The first instruction becomes `exit`, with nothing in R0. */
const refused: Damage = (object) => {
  const code = elfSections(object).get(".text");
  ok(code, "the hook has no code");
  object.set([0x95, 0, 0, 0, 0, 0, 0, 0], object.indexOf(code));
};

interface Faulty {
  /** Four letters. */
  readonly name: string;
  /** Members of the collector in place of the usual ones. */
  readonly members?: string;
  /** Members of its section. */
  readonly section?: string;
  readonly property?: string;
  readonly damage?: Damage | "missing";
  readonly plan?: string;
  /** What is reported. */
  readonly report: RegExp;
}

/** These are left out of the run. */
const leftOut: readonly Faulty[] = [
  { name: "veri", damage: refused, report: /left out: Cannot load BPF object.*(unreachable insn|R0)/ },
  { name: "core", damage: rename("len", "lex"), report: /CO-RE relocation|struct sk_buff\.lex/ },
  {
    name: "head",
    damage: rename("RETIS_ABI_MAJOR", "RETIS_ABI_MAJOX"),
    report: /hook\.bpf\.o: it was compiled with headers without a version/,
  },
  { name: "flag", damage: rename("RETIS_STACK", "RETIS_STUCK"), report: /its headers were changed: they have RETIS_STUCK=4/ },
  { name: "miss", damage: "missing", report: /hook\.bpf\.o: it cannot be read/ },
  { name: "sche", property: "width: U32({ description: 'W' })", report: /property "width" of section "sche"/ },
  { name: "trac", plan: `probes: ["tp:no:such"]`, report: /no such tracepoint|no:such/ },
  { name: "cons", plan: "constants: { nothing: 1 }", report: /plan\.constants\.nothing: .*no variable cons__const_nothing/ },
  {
    name: "rang",
    plan: "constants: { limit: 2 ** 32 + 200 }",
    report: /plan\.constants\.limit: .*cannot be 4294967496: its type holds 0 to 4294967295/,
  },
  { name: "type", plan: "constants: { limit: 'many' }", report: /plan\.constants\.limit: .*limit = many/ },
  { name: "atno", plan: "hooks: [{ object: 'hook.bpf.o', at: ['tp:skb:consume_skb'] }]", report: /nothing probes tp:skb:consume_skb/ },
  { name: "nowi", section: "wire: undefined", report: /is sent by its hook, and none of its sections has wire: "nowi"/ },
  { name: "chek", members: "check() { throw new Error('no luck'); }", report: /its check failed: no luck/ },
  { name: "setu", members: "setup() { throw new Error('no luck'); }", report: /its setup failed: no luck/ },
  { name: "quit", members: "setup() { process.exit(0); }", report: /its setup failed: it calls process\.exit/ },
  { name: "prin", members: "setup() { console.log('{}'); return { hooks: [] }; }", report: /its setup failed: it writes to stdout/ },
  { name: "patc", members: "setup() { JSON.stringify = () => ''; return { hooks: [] }; }", report: /it replaces JSON\.stringify/ },
  { name: "sigh", members: "setup() { process.on('SIGINT', () => {}); return { hooks: [] }; }", report: /it handles SIGINT/ },
];

/** These run, and their functions fail. */
const failing: readonly Faulty[] = [
  { name: "undf", section: "format: () => undefined", report: /format of section undf failed: it returned undefined/ },
  { name: "thrw", section: "format: () => { throw new Error('no luck'); }", report: /format of section thrw failed: no luck/ },
  { name: "exit", section: "format: () => process.exit(0)", report: /format of section exit failed: it calls process\.exit/ },
  {
    name: "writ",
    section: "format: () => { console.log('{}'); return []; }",
    report: /format of section writ failed: it writes to stdout/,
  },
  {
    name: "look",
    property: "length: Text({ description: 'L', lookup: 'name' })",
    plan: "lookups: { name: () => 7 }",
    report: /plan\.lookups\.name failed: it returned number instead of text/,
  },
  { name: "deco", section: "decode: () => ({ length: 'many' })", report: /decode of section deco failed: .*schema/ },
  { name: "late", members: "start() { setTimeout(() => { throw new Error('too late'); }, 1); }", report: /late.*not caught: too late/ },
  { name: "rejt", members: "async start() { throw new Error('no luck'); }", report: /Cannot start collector rejt: no luck/ },
];

function collectorSource({
  name,
  members = "",
  section = "format: ({ length }) => [{ at: Line.other, text: '' + length }]",
  property,
  plan = "",
}: Faulty) {
  const length = property ?? "length: U32({ description: 'L' })";
  return `import { defineSection, Line, Text, Type, U32 } from "retis/collector";
const section = defineSection({ key: "${name}", summary: "S", wire: "${name}", schema: Type.Object({ ${length} }), ${section} });
export default { name: "${name}", summary: "Faulty", api: "1.x", sections: [section], kernelTypes: ["struct sk_buff *"],
  setup: () => ({ hooks: [{ object: "hook.bpf.o", at: "every-probe" }], ${plan} }), ${members} };
`;
}

async function install(trial: Trial, collectors: readonly Faulty[]): Promise<string> {
  const directory = join(trial.directory, "faulty-hooks");
  const object = compileBpf({ source: { text: source } });
  for (const faulty of collectors) {
    const own = join(directory, faulty.name);
    mkdirSync(own, { recursive: true, mode: 0o755 });
    await Bun.write(join(own, "collector.ts"), collectorSource(faulty));
    if (faulty.damage === "missing") continue;
    const renamed = Buffer.from(Buffer.from(object).toString("latin1").replaceAll("aaaa", faulty.name), "latin1");
    faulty.damage?.(renamed);
    await Bun.write(join(own, "hook.bpf.o"), renamed);
  }
  return directory;
}

const requires = ["root", "tracepoint:net:net_dev_queue"];

const battery = scenario(
  "each fault of a collector that was not requested costs that collector alone, and is named",
  { requires, where: "once", timeoutMs: 120_000 },
  async (trial) => {
    const good: Faulty = { name: "good", report: /./ };
    const directory = await install(trial, [...leftOut, ...failing, good]);
    const { client } = await trial.topology(twoNamespaces());
    const file = join(trial.directory, "events.cbor");
    const args = [
      "--collector-dir",
      directory,
      "-c",
      "auto",
      "-p",
      "tp:net:net_dev_queue",
      "-f",
      "udp port 8110",
      "--stop-after",
      "2",
      "--print",
      "-o",
      file,
    ];
    // Each of those that the kernel refuses costs some attempts.
    const collection = Collection.launch(trial, args);
    await collection.waitForError(/probe\(s\) loaded/, 60_000);
    await sendUdp(client, "10.0.42.2", 8110);
    await sendUdp(client, "10.0.42.2", 8110);
    await collection.waitForOutput(/\.8110[\s\S]*\.8110/);
    const { status, stdout, stderr } = await collection.stop();
    equal(status, 0, stderr);
    for (const { name, report } of [...leftOut, ...failing]) {
      const lines = stderr.split("\n").filter((line) => new RegExp(`\\b${name}\\b`).test(line) && /^(WARN|ERROR)/.test(line));
      ok(
        lines.some((line) => report.test(line)),
        `${name}: expected ${report}\n${stderr}`,
      );
      ok(
        lines.some((line) => line.includes(`${directory}/${name}`) || line.includes("Cannot start")),
        `${name}: without its place\n${stderr}`,
      );
    }
    ok(!/bug in retis|Internal error/.test(stderr), stderr);
    ok(!stdout.includes("{}"), "stray output of a collector is in ours");
    // What a formatter cannot say is shown as it is.
    for (const name of ["undf", "thrw", "exit"]) match(stdout, new RegExp(`^  .*\\b${name} length \\d+`, "m"));

    // The recorded file is whole, and needs none of them.
    const printed = await retis(["print", file, "--format", "json"]);
    equal(printed.status, 0, printed.stderr);
    const events = printed.stdout.split("\n").filter((line) => line.includes('"kernel"'));
    equal(events.length, 2);
    const keys = Object.keys(JSON.parse(events[0] ?? "{}")).filter((key) =>
      [...leftOut, ...failing, good].some(({ name }) => name === key),
    );
    deepEqual(keys.sort(), ["exit", "good", "late", "rejt", "thrw", "undf", "writ"]);
  },
);

export const scenarios = [battery];
