/** What commands show on a terminal: lines fit its width, in colours that every terminal has, unless the user wants none. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ethernet, ethertype, ipv6, protocol, tcpSyn } from "../support/frames.ts";

const main = join(import.meta.dir, "../../core/main.ts");
const directory = mkdtempSync(join(tmpdir(), "retis-terminal-"));
afterAll(() => rmSync(directory, { recursive: true }));
const file = join(directory, "events.json");
writeFileSync(file, eventLines());

/** Drops of a TCP SYN over IPv6, whose text is long. */
function eventLines(): string {
  const machine = { kernel_release: "6.12.0", kernel_version: "#1 SMP", hardware_name: "x86_64" };
  const startup = { retis_version: "v1.7.0", cmdline: "retis collect -o", clock_monotonic_offset: { sec: 1, nsec: 0 }, machine };
  const route = { source: "2001:db8:1111:2222:3333:4444:5555:6666", destination: "2001:db8:1111:2222:3333:4444:5555:7777" };
  const segment = tcpSyn(route, { sourcePort: 40000, destinationPort: 443 });
  const frame = ethernet(
    "02:00:00:00:00:01",
    "02:00:00:00:00:02",
    ethertype.ipv6,
    ipv6(route.source, route.destination, protocol.tcp, segment),
  );
  const drop = {
    common: { timestamp: 5_000_000_000, smp_id: 1, task: { pid: 42, tgid: 42, comm: "curl" } },
    kernel: { symbol: "skb:kfree_skb", probe_type: "raw_tracepoint" },
    "skb-drop": { drop_reason: "NO_SOCKET", location: "tcp_v6_rcv+0x91" },
    packet: { len: frame.length, capture_len: frame.length, data: frame.toString("base64") },
    dev: { name: "eth0", ifindex: 2 },
  };
  const purged = { ...drop, "skb-drop": { drop_reason: "QUEUE_PURGE" } };
  return [{ common: { timestamp: 1 }, startup }, drop, purged, drop, drop].map((line) => `${JSON.stringify(line)}\n`).join("");
}

const environment = { PATH: process.env["PATH"] ?? "", HOME: "/dev/null", LANG: "C.UTF-8", TERM: "xterm", NOPAGER: "1" };

interface Where {
  readonly columns: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Output on a terminal of its own. */
async function onTerminal(command: string, { columns, env = {} }: Where): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  const data = (_: unknown, bytes: Uint8Array) => void (text += decoder.decode(bytes, { stream: true }));
  const child = Bun.spawn([process.execPath, main, ...command.split(" ")], {
    env: { ...environment, ...env },
    terminal: { cols: columns, rows: 40, data },
  });
  await child.exited;
  child.terminal?.close();
  return text.replaceAll("\r\n", "\n");
}

function inPipe(command: string): string {
  const { stdout } = Bun.spawnSync([process.execPath, main, ...command.split(" ")], { env: environment });
  return stdout.toString();
}

/** The parameters of all colour codes. */
function codes(text: string): readonly string[] {
  return [...new Set([...text.matchAll(/\u001b\[([0-9;]*)m/g)].flatMap(([, parameters = ""]) => parameters.split(";")))];
}

const commands = [
  `print ${file} --format multi-line`,
  `print ${file} --format compact`,
  `stats ${file}`,
  "explain NO_SOCKET",
  "explain tcp_v4_rcv",
  "doctor",
];

describe("width", () => {
  test.each(commands.map((command) => [command.replace(file, "FILE"), command] as const))("%s", async (_, command) => {
    for (const columns of [50, 90]) {
      const shown = Bun.stripANSI(await onTerminal(command, { columns })).split("\n");
      expect(shown.length).toBeGreaterThan(4);
      expect(shown.filter((line) => Bun.stringWidth(line) > columns)).toEqual([]);
    }
  });

  test("lines of an event go on indented, and say what they say in a pipe", async () => {
    const command = `print ${file} --format multi-line`;
    const shown = Bun.stripANSI(await onTerminal(command, { columns: 50 }));
    const whole = inPipe(command);
    expect(whole.split("\n").some((line) => line.length > 100)).toBe(true);
    expect(shown.replaceAll(/\s+/g, "")).toBe(whole.replaceAll(/\s+/g, ""));
    const startsOf = (text: string) => text.split("\n").filter((line) => /^\S/.test(line)).length;
    expect(startsOf(shown)).toBe(startsOf(whole));
  });
});

describe("colours", () => {
  const compact = `print ${file} --format compact`;
  const multiLine = `print ${file} --format multi-line`;

  test.each([
    ["compact", compact],
    ["multi-line", multiLine],
  ])("problem, address and device, of the 16 colours, without a background: %s", async (_, command) => {
    const found = codes(await onTerminal(command, { columns: 200 }));
    for (const code of ["31", "36", "35"]) expect(found).toContain(code);
    expect(found.filter((code) => !["0", "1", "2", "22", "31", "35", "36", "39"].includes(code))).toEqual([]);
  });

  test.each<readonly [string, string, Readonly<Record<string, string>>, boolean]>([
    ["NO_COLOR", compact, { NO_COLOR: "1" }, false],
    ["NO_COLOR that is empty", compact, { NO_COLOR: "" }, true],
    ["a terminal without colours", compact, { TERM: "dumb" }, false],
    ["--color never", `--color never ${compact}`, {}, false],
    ["--color always wins over NO_COLOR", `--color always ${compact}`, { NO_COLOR: "1" }, true],
  ])("%s", async (_, command, env, expected) => {
    expect(codes(await onTerminal(command, { columns: 200, env })).length > 0).toBe(expected);
  });

  test("in a pipe only with --color always", () => {
    expect(codes(inPipe(compact))).toEqual([]);
    expect(codes(inPipe(`--color always ${compact}`))).toContain("31");
  });
});
