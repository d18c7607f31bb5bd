/** `retis doctor` on hosts where little works: it ends with an answer, never with an error, and leaves nothing. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync } from "node:fs";
import { leftoverBpfObjects, loadedBpfObjects } from "../support/bpf-objects.ts";
import { runCommand } from "../support/command.ts";
import { cannotTrace, makeWorkplace, type Workplace } from "./compiled.ts";

setDefaultTimeout(60_000);

interface Answer {
  readonly status: number;
  readonly stderr: string;
  readonly ready: boolean;
  /** Status of each check, by name. */
  readonly found: Readonly<Record<string, string>>;
}

describe.skipIf(cannotTrace !== undefined)(`doctor${cannotTrace ? ` (${cannotTrace})` : ""}`, () => {
  let place: Workplace;
  beforeAll(() => {
    place = makeWorkplace();
    chmodSync(place.directory, 0o755);
  });
  afterAll(() => place.remove());

  async function doctor(...wrapper: readonly string[]): Promise<Answer> {
    const { status, stdout, stderr } = await runCommand([...wrapper, place.retis, "doctor", "--json"], {
      cwd: "/",
      env: { HOME: "/nonexistent" },
    });
    const { ready, checks }: { ready: boolean; checks: readonly { name: string; status: string }[] } = JSON.parse(stdout);
    return { status, stderr, ready, found: Object.fromEntries(checks.map((check) => [check.name, check.status])) };
  }

  test("as root, leaving nothing in the kernel", async () => {
    const before = loadedBpfObjects();
    const answer = await doctor();
    expect(answer).toMatchObject({ status: 0, stderr: "", ready: true });
    expect(answer.found).toMatchObject({
      CAP_BPF: "ok",
      "ring buffer": "ok",
      "raw tracepoint": "ok",
      libbpf: "ok",
      skb: "ok",
      "skb-drop": "ok",
    });
    expect(await leftoverBpfObjects(before, 10_000, (executable) => executable === place.retis)).toEqual([]);
  });

  test("as nobody: what needs privilege is unknown, what does not is still reported", async () => {
    const answer = await doctor("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups");
    expect(answer).toMatchObject({ status: 1, stderr: "", ready: false });
    expect(answer.found).toMatchObject({
      CAP_BPF: "missing",
      "ring buffer": "unknown",
      "BTF of the kernel": "ok",
      libbpf: "ok",
      "skb-drop": "ok",
    });
  });

  test("as root of another user namespace", async () => {
    const answer = await doctor("unshare", "--user", "--map-root-user");
    expect(answer).toMatchObject({ status: 1, stderr: "", ready: false });
    expect(answer.found).toMatchObject({ "user namespace": "missing", CAP_BPF: "ok", "ring buffer": "unknown" });
  });

  test("without /sys: no types, so no skb-drop", async () => {
    const answer = await doctor("unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /sys && exec "$@"', "sh");
    expect(answer).toMatchObject({ status: 1, stderr: "", ready: false });
    expect(answer.found).toMatchObject({ "BTF of the kernel": "missing", "ring buffer": "ok" });
    expect(answer.found["skb-drop"]).not.toBe("ok");
  });

  test("text has a line for each check and names the command that can run", async () => {
    const { status, stdout } = await runCommand([place.retis, "doctor"], { env: { HOME: "/nonexistent" } });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ {2}ok {7}raw tracepoint$/m);
    expect(stdout).toEndWith("\nReady: retis collect -c skb,skb-drop\n");
  });
});
