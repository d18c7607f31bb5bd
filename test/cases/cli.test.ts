/**
 * Whole runs of the command line. A case is a line of `commands`; what it prints and its exit status are held to
 * `cli/<name>.txt`, which `RETIS_GOLDEN=refresh` writes. Nothing here needs privileges.
 */
import { afterAll, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dir, "../..");
const main = join(root, "core/main.ts");
const directory = join(import.meta.dir, "cli");
const refresh = process.env["RETIS_GOLDEN"] === "refresh";

// Copied, as git does not keep the rights of files, which the rules for plugins look at. The broken plugin is written
// here, as the type check would stumble over it.
const plugins = mkdtempSync(join(tmpdir(), "retis-cli-"));
for (const name of ["sample", "broken"]) mkdirSync(join(plugins, name), { mode: 0o755 });
writePlugin("sample", readFileSync(join(directory, "sample-collector.ts"), "utf8"));
writePlugin("broken", 'export default {\n  name: "broken",\n  oops oops,\n};\n');
chmodSync(plugins, 0o755);
afterAll(() => rmSync(plugins, { recursive: true }));

function writePlugin(name: string, source: string): void {
  const path = join(plugins, name, "collector.ts");
  writeFileSync(path, source);
  chmodSync(path, 0o644);
}

const commands: Readonly<Record<string, string>> = {
  "no-command": "",
  help: "--help",
  "unknown-command": "colect",
  "abbreviated-command": "col --utc --utc",
  "log-level": "--log-level loud print",
  "collect-help": "collect --help",
  "collect-help-with-plugin": "collect --help --collector-dir PLUGINS -c sample,skb",
  "collect-unknown-collector": "collect -c skb,skb-dorp",
  "collect-unknown-option": "collect --skb-sectons meta",
  "collect-unknown-option-of-collector": "collect --ovs-everything",
  "collect-option-of-another-collector": "collect -c skb,skb-drop --ovs-track",
  "collect-global-option": "collect --log-level debug",
  "collect-as-tcpdump": "collect -ni eth0 port 443",
  "collect-as-tcpdump-count": "collect -c 10",
  "collect-as-tcpdump-filter": "collect -c skb port 443",
  "collect-as-pwru": "collect --filter-func=ip_rcv",
  "collect-two-words": "collect eth0 eth1",
  "command-as-tcpdump": "-i eth0",
  "command-as-filter": "tcp and host 10.0.0.1",
  "print-as-tcpdump": "print -v CASES/events.json",
  "collect-unknown-section": "collect --skb-sections metaa",
  "collect-repeated-option": "collect --utc --utc",
  "collect-rotation-without-file": "collect --out-rotate 1MB",
  "collect-broken-plugin": "collect -c PLUGINS/broken",
  "collect-no-plugin": "collect -c ./nowhere",
  "collector-list": "collector list",
  "collector-list-with-plugins": "collector list --collector-dir PLUGINS",
  "collector-show-plugin": "collector show PLUGINS/sample",
  "collector-show-unknown": "collector show skbb",
  "print-help": "print --help",
  "print-multi-line": "print CASES/events.json",
  "print-single-line-utc": "print --format single-line --utc CASES/events.json",
  "print-clock-change": "print --utc SORTED/clock-change.json",
  "print-time-delta": "print --format single-line --time delta CASES/events.json",
  "print-json": "print --format json CASES/events.json",
  "print-missing-file": "print nowhere",
  "diagnose-missing-file": "diagnose ./nowhere port 443",
  "print-foreign-file": "print CASES/events.txt",
  "print-truncated-file": "print --format single-line CASES/truncated.json",
  "stats-help": "stats --help",
  stats: "stats CASES/events.json",
  "stats-json": "stats --json --top 1 CASES/events.json",
  "stats-wrong-top": "stats --top few CASES/events.json",
  "pcap-help": "pcap --help",
  "pcap-list-probes": "pcap --list-probes CASES/events.json",
  "pcap-no-packet": "pcap -p skb:* -p k:tcp_* CASES/events.json",
  "pcap-no-event": "pcap -p tcp_v4_rcv CASES/events.json",
  "pcap-onto-input": "pcap CASES/events.json -o CASES/events.json",
  "pcap-of-profile": "-p dropmon pcap --list-probes CASES/events.json",
  "script-help": "script --help",
  "script-not-named": "script",
  "script-missing": "script top-drops",
  "python-is-not-there": "python -i CASES/events.json count.py --top 3",
  "explain-help": "explain --help",
  "explain-error": "explain BPF_LOAD",
  "help-of-a-command": "help collector new",
  "help-of-nothing": "help colector",
  "complete-help": "__complete help collector n",
  "complete-code": "__complete explain BPF_L",
  "profile-list": "-P CASES/profiles profile list",
  "profile-show": "profile show tcp-resets",
  "profile-unknown": "-p dropmonn collect",
  "profile-of-print": "-p dropmon print CASES/events.json",
  "profile-several": "-p CASES/profiles/several.yaml collect",
  "profile-collector-missing": "-p CASES/profiles/several.yaml#needs-nothing-known collect",
  "profile-option-missing": "-P CASES/profiles -p misspelt collect",
  "profile-broken": "-p CASES/profiles/broken.yaml collect",
  "profile-no-section": "-P CASES/profiles -p never-fits collect -c nothing",
  "inspect-help": "inspect --help",
  "inspect-unknown-collector": "inspect -c skbb",
  "sh-complete-help": "sh-complete --help",
  "sh-complete-unknown-shell": "sh-complete --shell csh",
  "complete-commands": "__complete co",
  "complete-options": "__complete --log-level debug collect --utc --out",
  "complete-collectors": "__complete collect --collector-dir PLUGINS -c skb,",
  "complete-collector-option": "__complete collect --skb-sections meta,",
  "complete-sink": "__complete collect -o pl",
  "complete-sink-name": "__complete print x.json -o plugin:",
  "complete-sink-option": "__complete sort --out=plugin:flat,",
  "complete-quoted-list": "__complete --shell=bash collect -c 'skb,de",
  "complete-profiles": "__complete -P CASES/profiles -p dropmon,n",
  "complete-nonsense": "__complete nothing --here",
};

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
}

function retis(args: readonly string[], prelude: readonly string[] = []): Outcome {
  const cmd = [...prelude, process.execPath, main, ...args];
  const env = { PATH: process.env["PATH"], HOME: "/nowhere", TERM: "dumb", LANG: "C.UTF-8" };
  const { stdout, stderr, exitCode } = Bun.spawnSync({ cmd, cwd: directory, env });
  return { stdout: stdout.toString(), stderr: stderr.toString(), status: exitCode };
}

function argumentsOf(command: string): readonly string[] {
  return command
    .replaceAll("PLUGINS", plugins)
    .replaceAll("SORTED", join(directory, "../sort"))
    .replaceAll("CASES", directory)
    .split(" ")
    .filter((arg) => arg !== "");
}

test.each(Object.entries(commands))("%s", (name, command) => {
  const { stdout, stderr, status } = retis(argumentsOf(command));
  const shown = `$ retis ${command}\nexit status ${status}\n--- stdout\n${stdout}\n--- stderr\n${stderr}`;
  const actual = shown.replaceAll(plugins, "PLUGINS").replaceAll(directory, "CASES");
  const path = join(directory, `${name}.txt`);
  if (refresh) writeFileSync(path, actual);
  expect(actual).toBe(readFileSync(path, "utf8"));
});

test("the schema has the sections of core, of collectors and of plugins", () => {
  const { stdout, status } = retis(["schema", "--collector-dir", plugins]);
  const schema = JSON.parse(stdout);
  expect(status).toBe(0);
  expect(stdout.endsWith("}")).toBe(true);
  expect(schema.title).toBe("Retis Metadata");
  expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(["common", "kernel", "packet", "sample", "skb-drop", "startup"]));
  expect(schema.$defs.SampleEvent.properties.depth).toEqual({
    description: "Depth of the queue",
    type: "integer",
    format: "uint32",
    minimum: 0,
  });
});

test("a reader of stdout that leaves is not an error", () => {
  const pipeline = `"$0" "$1" schema | head -c 1; test "\${PIPESTATUS[0]}" = 0`;
  const { exitCode, stderr } = Bun.spawnSync({
    cmd: ["bash", "-c", pipeline, process.execPath, main],
    env: { ...process.env, HOME: "/nowhere" },
  });
  expect([exitCode, stderr.toString()]).toEqual([0, ""]);
});

test("a full disk under stdout is reported in one line", () => {
  const cmd = ["sh", "-c", `exec "$0" "$1" schema >/dev/full`, process.execPath, main];
  const { exitCode, stderr } = Bun.spawnSync({ cmd, env: { ...process.env, HOME: "/nowhere" } });
  expect(exitCode).toBe(1);
  expect(stderr.toString()).toMatch(/^error: Cannot write to standard output: .*ENOSPC.* \[OUTPUT_WRITE\]\nhint: .*\n$/);
});

test.each(["--help", "schema", "collector list", "collect --help"])("%s opens no library of ours", (command) => {
  const script = `process.argv.push(...${JSON.stringify(command.split(" "))}); await import(${JSON.stringify(main)});
    process.stderr.write(require("fs").readFileSync("/proc/self/maps", "utf8"));`;
  const { stderr } = Bun.spawnSync({ cmd: [process.execPath, "-e", script], env: { ...process.env, HOME: "/nowhere" } });
  expect(stderr.toString()).toContain("libc.so");
  expect(stderr.toString()).not.toMatch(/libbpf|libelf|libpcap/);
});

test.skipIf(process.getuid!() !== 0)("describing needs no privilege (run as nobody; needs root to become that)", () => {
  const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
  for (const command of ["--help", "schema", "collector list", "collect --help", `print ${directory}/events.json`]) {
    expect(retis(command.split(" "), nobody)).toMatchObject({ status: 0, stderr: "" });
  }
});
