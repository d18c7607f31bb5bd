import { afterAll, describe, expect, test } from "bun:test";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TraceError } from "../base/errors.ts";
import { TextOutput } from "./text-output.ts";

const directory = mkdtempSync(join(tmpdir(), "retis-text-output-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** Both ends of a pipe. */
function openPipe(name: string): { readonly reader: number; readonly writer: number } {
  const path = join(directory, name);
  Bun.spawnSync(["mkfifo", path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { reader, writer: openSync(path, constants.O_WRONLY | constants.O_NONBLOCK) };
}

describe("TextOutput", () => {
  test("writes nothing before a flush and everything, in order, after it", () => {
    const path = join(directory, "file");
    const output = new TextOutput(openSync(path, "w"));
    output.add("first ↳\n");
    output.add("second\n");
    expect(readFileSync(path, "utf8")).toBe("");
    expect(output.flush()).toBe("ok");
    expect(readFileSync(path, "utf8")).toBe("first ↳\nsecond\n");
  });

  test("writes by itself when 64 KiB have gathered", () => {
    const path = join(directory, "large");
    const output = new TextOutput(openSync(path, "w"));
    for (let i = 0; i < 64; i++) output.add("x".repeat(1024));
    expect(readFileSync(path).length).toBe(65536);
  });

  test("calls beforeWrite once per write, and not for nothing", () => {
    let calls = 0;
    const output = new TextOutput(openSync(join(directory, "hook"), "w"), { beforeWrite: () => calls++ });
    output.flush();
    output.add("a");
    output.add("b");
    output.flush();
    expect(calls).toBe(1);
  });

  test("reports a reader that has gone", () => {
    const { reader, writer } = openPipe("gone");
    closeSync(reader);
    const output = new TextOutput(writer);
    output.add("text");
    expect(output.flush()).toBe("reader-gone");
    output.add("ignored");
    expect(output.flush()).toBe("reader-gone");
    closeSync(writer);
  });

  test("gives an error for a full disk", () => {
    const output = new TextOutput(openSync("/dev/full", "w"));
    output.add("text");
    const status = output.flush();
    expect(status).toBeInstanceOf(TraceError);
    expect(status).toMatchObject({ code: "OUTPUT_WRITE", options: { hint: "Free some space or send the output elsewhere" } });
    expect(output.flush()).toBe(status);
  });

  test("waits for a slow reader of a non-blocking pipe", async () => {
    const { reader, writer } = openPipe("slow");
    const path = join(directory, "slow");
    const slow = Bun.spawn(["sh", "-c", `exec 3<"${path}"; sleep 0.1; wc -c <&3`], { stdout: "pipe" });
    const output = new TextOutput(writer);
    await Bun.sleep(50);
    closeSync(reader);
    output.add("x".repeat(300_000));
    expect(output.flush()).toBe("ok");
    closeSync(writer);
    expect((await slow.stdout.text()).trim()).toBe("300000");
  });
});
