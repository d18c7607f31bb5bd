/** Control groups (version 2) with processes in them that have or share network namespaces, and send datagrams when they are told a port. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Trial } from "./scenario.ts";

/** Where version 2 is mounted; undefined when it is not. */
export function controlGroupMount(): string | undefined {
  return /^\S+ (\S+) cgroup2 /m.exec(readFileSync("/proc/mounts", "utf8"))?.[1];
}

/** Sends a datagram to each port that comes on stdin, over the loopback of its namespace. */
const sender = 'ip link set lo up; echo up; while read -r port; do echo x > "/dev/udp/127.0.0.1/$port"; echo sent; done';
const enterGroup = 'echo $$ > "$0" && exec "$@"';

/** A process in a group and a network namespace. */
export class Member {
  readonly #child: Bun.Subprocess<"pipe", "pipe", "inherit">;
  readonly #answers: ReadableStreamDefaultReader<Uint8Array>;

  private constructor(group: string, words: readonly string[]) {
    const argv = ["sh", "-c", enterGroup, join(group, "cgroup.procs"), ...words];
    this.#child = Bun.spawn(argv, { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
    this.#answers = this.#child.stdout.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  }

  /**
   * Starts a process in the group at this path below the mount point, which is made for it, until the end of the scenario.
   * @param where whose namespace it shares, or `host`; by default it has a new one, which no file names
   * @param program says something when it is ready, and goes on until it is ended; by default the sender of {@link send}
   */
  static async start(trial: Trial, path: string, where?: Member | "host", program = ["bash", "-c", sender]): Promise<Member> {
    const group = join(controlGroupMount()!, path);
    mkdirSync(group, { recursive: true });
    trial.defer(() => removeEmpty(group));
    const member = new Member(group, [...wordsToEnter(where), ...program]);
    trial.defer(() => member.#end());
    await member.#answer();
    return member;
  }

  get pid(): number {
    return this.#child.pid;
  }

  async send(port: number): Promise<void> {
    this.#child.stdin.write(`${port}\n`);
    await this.#child.stdin.flush();
    await this.#answer();
  }

  async #answer(): Promise<void> {
    const { value } = await this.#answers.read();
    if (value === undefined) throw new Error("a process in a control group ended early");
  }

  async #end(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }
}

function wordsToEnter(where: Member | "host" | undefined): readonly string[] {
  if (where === "host") return [];
  return where === undefined ? ["unshare", "--net"] : ["nsenter", `--net=/proc/${where.pid}/ns/net`];
}

/** Removes a group that we made, and those above it that have nothing else. */
function removeEmpty(group: string): void {
  for (let path = group; path !== controlGroupMount() && existsSync(path); path = dirname(path)) {
    const children = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    if (children.length > 0) return;
    try {
      rmdirSync(path);
    } catch {
      // Processes of others are in it, or end just now.
      return;
    }
  }
}
