/** Runs the real shells on a terminal, loads the script and presses the Tab key. A shell that is not installed is skipped by name. */
import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dir, "../../..");
const directory = mkdtempSync(join(tmpdir(), "retis-complete-"));
afterAll(() => rmSync(directory, { recursive: true }));

const program = join(directory, "retis");
writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${join(root, "core/main.ts")}' "$@"\n`);
chmodSync(program, 0o755);
mkdirSync(join(directory, "profiles"));
writeFileSync(join(directory, "profiles/mine.yaml"), "version: 1.0\nname: own-profile\nabout: Mine\ncollect:\n  - args:\n");
const plugin = join(directory, "collectors/sample");
mkdirSync(plugin, { recursive: true, mode: 0o755 });
writeFileSync(join(plugin, "collector.ts"), readFileSync(join(root, "test/cases/cli/sample-collector.ts"), "utf8"), { mode: 0o644 });

const env = { PATH: `${directory}:${process.env["PATH"]}`, HOME: directory, TERM: "dumb", LANG: "C.UTF-8" };

function retis(...args: readonly string[]): { status: number; stdout: string; stderr: string } {
  const { exitCode, stdout, stderr } = Bun.spawnSync({ cmd: [program, ...args], env, cwd: directory });
  return { status: exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
}

const scripts = { bash: join(directory, "retis.bash"), zsh: join(directory, "_retis"), fish: join(directory, "retis.fish") };
type Shell = keyof typeof scripts;

/** Until the screen shows something, on a machine that has other things to do. */
const shownMs = 90_000;

/** An interactive shell on a terminal of its own. */
class Session {
  #seen = "";
  readonly #process;

  constructor(cmd: readonly string[]) {
    const decoder = new TextDecoder();
    const data = (_: unknown, bytes: Uint8Array) => void (this.#seen += decoder.decode(bytes, { stream: true }));
    this.#process = Bun.spawn([...cmd], { env, cwd: directory, terminal: { cols: 300, rows: 60, data } });
  }

  /** Types, and waits until the screen shows what is expected; gives what appeared. */
  async type(keys: string, expected: RegExp): Promise<string> {
    this.#seen = "";
    this.#process.terminal!.write(keys);
    const deadline = Date.now() + shownMs;
    while (!expected.test(this.#seen)) {
      if (Date.now() > deadline) throw new Error(`${expected} did not appear after ${JSON.stringify(keys)}: ${JSON.stringify(this.#seen)}`);
      await Bun.sleep(20);
    }
    return this.#seen;
  }

  async close(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.exited;
    this.#process.terminal?.close();
  }
}

const starts: Readonly<Record<"bash" | "zsh", { readonly cmd: readonly string[]; readonly setUp: string }>> = {
  bash: {
    cmd: ["bash", "--norc", "--noprofile", "-i"],
    setUp: `PS1='> '; bind 'set completion-query-items 0'; bind 'set page-completions off'; bind 'set show-all-if-ambiguous on'; source ${scripts.bash}`,
  },
  zsh: {
    cmd: ["zsh", "-f", "-i"],
    setUp: `PS1='> '; unsetopt zle_bracketed_paste; LISTMAX=10000; autoload -U compinit; compinit -D -u; source ${scripts.zsh}`,
  },
};

const sessions = new Map<string, Session>();
afterAll(() => Promise.all([...sessions.values()].map((session) => session.close())));

/** Types a line and Tab, waits for what is expected, and takes the line back. */
async function completeOnTerminal(shell: "bash" | "zsh", line: string, expected: RegExp): Promise<string> {
  let session = sessions.get(shell);
  if (!session) {
    sessions.set(shell, (session = new Session(starts[shell].cmd)));
    await session.type(`${starts[shell].setUp}; echo re''ady\n`, /ready[\s\S]*> /);
  }
  try {
    const seen = await session.type(`${line}\t`, expected);
    await session.type("\x15\n", /[\r\n]> /);
    return seen;
  } catch (error) {
    // What it still shows is not for the next line.
    sessions.delete(shell);
    await session.close();
    throw error;
  }
}

function completeInFish(line: string): readonly string[] {
  const code = `source ${scripts.fish}; complete -C ${JSON.stringify(line)}`;
  const { stdout } = Bun.spawnSync({ cmd: ["fish", "--no-config", "-c", code], env, cwd: directory });
  return stdout
    .toString()
    .split("\n")
    .filter((text) => text !== "");
}

/** Functions are offered where they can be probed only. */
const functionLines = [
  ["retis collect -p kretprobe:skb_scrub_pack", "kretprobe:skb_scrub_packet"],
  ["retis collect -p skb_scrub_pack", "skb_scrub_packet"],
] as const;

/** What is typed, and what one of the candidates is. Bash and zsh show the whole line or a list of words. */
const lines: readonly (readonly [string, string])[] = [
  ["retis doc", "doctor"],
  ["retis --log-level de", "debug"],
  ["retis collect --skb-snap", "--skb-snaplen"],
  ["retis collect -c skb-d", "skb-drop"],
  ["retis collect -c skb,de", "skb,dev"],
  ["retis collect --collector-dir collectors -c sam", "sample"],
  ["retis collect --format mul", "multi-line"],
  ["retis collect --format=mul", "--format=multi-line"],
  ["retis -p gene", "generic"],
  ["retis -P profiles -p own", "own-profile"],
  ...(existsSync("/sys/bus/event_source/devices/kprobe") ? functionLines : []),
  ["retis collect -p ip_rcv/st", "ip_rcv/stack"],
  ["retis collect -p 'ip_rcv/st", "ip_rcv/stack"],
  ["retis --log-level 'de", "debug"],
  ["retis collect -p 'skb:kfree_skb:{skb.len, tcp_sock(skb.sk).snd_cwnd_cl", "skb:kfree_skb:{skb.len, tcp_sock(skb.sk).snd_cwnd_clamp"],
  ["retis collect -p skb:kfree_skb:{skb.dev.ifind", "skb:kfree_skb:{skb.dev.ifindex"],
  ["retis print -o plugin:fl", "plugin:flat"],
  ["retis print -o plugin:flat,", "plugin:flat,path="],
  ["retis print retis.ba", "retis.bash"],
  ["retis print 'retis.ba", "retis.bash"],
  ["retis collect --kconf=retis.ba", "--kconf=retis.bash"],
  ["retis profile show drops", "drops-tcp"],
];

for (const shell of ["bash", "zsh", "fish"] as const satisfies readonly Shell[]) {
  const missing = Bun.which(shell) === null;
  describe.skipIf(missing)(missing ? `${shell} (it is not installed)` : shell, () => {
    test("the script is written under its usual name", () => {
      expect(retis("sh-complete", "--shell", shell, "--register", directory)).toEqual({ status: 0, stdout: "", stderr: "" });
      expect(retis("sh-complete", "--shell", shell).stdout).toBe(readFileSync(scripts[shell], "utf8"));
    });

    test.each(lines)(
      "%s → %s",
      async (line, candidate) => {
        if (shell === "fish") return void expect(completeInFish(line).map((text) => text.split("\t")[0])).toContain(candidate);
        const typed = /(?:[^ ']*'[^']*|[^ ']*)$/.exec(line)![0].replace("'", "");
        const completed = line + candidate.slice(typed.length);
        const seen = await completeOnTerminal(shell, line, new RegExp(`${RegExp.escape(completed)}(?![^\\s'])`));
        expect(seen).toContain(completed);
      },
      100_000,
    );

    test("several candidates are shown in a list", async () => {
      if (shell === "fish")
        return void expect(completeInFish("retis collect -c skb,")).toContain("skb,ns\tThe network namespace that the packet is in");
      const seen = await completeOnTerminal(shell, "retis collect -c ", /\bns\b[\s\S]*skb-drop[\s\S]*> retis/);
      expect(seen).toContain("dev");
      if (shell === "zsh") expect(seen).toContain("ns  -- The network namespace");
    }, 100_000);
  });
}

test("a place that cannot be written is an error", () => {
  const { status, stderr } = retis("sh-complete", "--shell", "bash", "--register", join(directory, "nowhere/x"));
  expect([status, stderr.split("\n")[0]]).toEqual([
    1,
    `error: Cannot write the completion script to ${directory}/nowhere/x: no such file or directory (ENOENT) [SCRIPT_WRITE]`,
  ]);
});

test("the shell has to be named", () => {
  expect(retis("sh-complete")).toMatchObject({ status: 2, stderr: expect.stringContaining("--shell") });
  expect(retis("sh-complete", "--shell", "elvish").status).toBe(2);
});
