/** Collectors that do at import what a collector must not do, and what is reported of each. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Name, `collector.ts`, report. */
export type HostileCollector = readonly [name: string, source: string, report: RegExp];

const sound = (name: string) =>
  `export default { name: "${name}", summary: "Hostile", apiVersion: 1, sections: [], setup: () => ({ hooks: [] }) };`;
const before = (name: string, code: string, report: RegExp): HostileCollector => [name, `${code}\n${sound(name)}\n`, report];

/** They take as long as a time limit, each. */
export const endlessCollectors: readonly HostileCollector[] = [
  before("loops", "for (;;);", /its import never ends: it computed/),
  before("awaits-nothing", "await new Promise(() => {});", /its import never ends|it ends the process/),
  before("waits", "setInterval(() => {}, 1000); await new Promise(() => {});", /its import never ends: it waited/),
];

export const hostileCollectors: readonly HostileCollector[] = [
  before("exits", "process.exit(0);", /it calls process\.exit/),
  before("really-exits", "process.reallyExit(0);", /it calls process\.reallyExit/),
  before("aborts", "process.abort();", /it calls process\.abort/),
  before("kills-itself", "process.kill(process.pid, 'SIGKILL');", /it calls process\.kill/),
  before(
    "has-itself-killed",
    "Bun.spawnSync(['/bin/sh', '-c', 'kill -9 ' + process.pid]); for (const end = Date.now() + 1000; Date.now() < end;);",
    /it ends the process when imported \(SIGKILL\)/,
  ),
  before("handles-signals", "process.on('SIGTERM', () => {});", /it handles SIGTERM/),
  before("prints", "console.log('hello');", /it writes to stdout.*hello/),
  before("writes-to-stdout", "process.stdout.write('{}\\n');", /it writes to stdout/),
  before("writes-to-bun-stdout", "await Bun.write(Bun.stdout, '{}\\n');", /it writes to stdout/),
  before("writes-to-descriptor", "require('node:fs').writeSync(1, '{}\\n');", /it writes to stdout/),
  before("patches-map", "Array.prototype.map = () => [];", /it replaces Array\.prototype\.map/),
  before("patches-json", "JSON.parse = JSON.stringify = () => '{}';", /it replaces JSON\.(parse|stringify), JSON/),
  before("patches-fetch", "globalThis.fetch = () => Promise.reject(new Error());", /it replaces globalThis\.fetch/),
  before("patches-promise", "Promise.prototype.then = () => {};", /it replaces Promise\.prototype\.then|never ends|ends the process/),
  before("patches-set", "Set.prototype.has = () => true;", /it replaces Set\.prototype\.has/),
  before("pollutes", "Object.prototype.polluted = 1;", /it replaces Object\.prototype\.polluted/),
  before("patches-exit", "process.exit = () => {};", /it replaces process\.exit/),
  before("rejects", "Promise.reject(new Error('too late'));", /it throws after its import: too late/),
  before("throws-later", "setTimeout(() => { throw new Error('too late'); }, 1);", /it throws after its import: too late/),
  before("throws-text", "throw 'no luck';", /no luck/),
  before("throws-nothing", "throw undefined;", /it throws when imported: undefined/),
  before("throws-odd", "throw { get message() { throw new Error('odd'); } };", /it throws when imported/),
  ["no-export", "export const a = 1;", /its default export is not a collector/],
  ["not-typescript", "const const = ;", /it does not compile/],
  ["imports-nothing", 'import "./nowhere.ts";', /nowhere/],
  ["no-file-type", "\u0000\u0001\u0002", /it does not compile|it throws/],
  [
    "circular",
    `const sections = [{ key: "c", summary: "", schema: { type: "object" } }]; sections[0].schema.self = sections;
    export default { name: "circular", summary: "", apiVersion: 1, sections, setup() {} };`,
    /what it declares is not data/,
  ],
  [
    "getter-throws",
    'export default { name: "getter-throws", summary: "", apiVersion: 1, get sections() { throw new Error("no luck"); }, setup() {} };',
    /no luck/,
  ],
  [
    "endless-getter",
    `let calls = 0; export default new Proxy({}, { get(_, key) { if (key === "then") return undefined; throw new Error("no " + String(key)); } });`,
    /no name/,
  ],
  ["old", 'export default { name: "old", summary: "", apiVersion: 99, sections: [], setup() {} };', /it is written for API version 99/],
  ["takes-skb", sound("skb"), /the name "skb" is already used/],
];

/** Writes them below a directory, each in a directory of its own name. */
export function installCollectors(directory: string, collectors: readonly (readonly [name: string, source: string, ...unknown[]])[]): void {
  for (const [name, source] of collectors) {
    const own = join(directory, name);
    mkdirSync(own, { recursive: true, mode: 0o755 });
    writeFileSync(join(own, "collector.ts"), source, { mode: 0o644 });
  }
}
