import { expect, test } from "bun:test";
import { join } from "node:path";
import { DescriptorWait } from "../libbpf/descriptor-wait.ts";
import { SignalAbort, SignalReceived } from "./abort-on-signal.ts";

/** What a script that imports SignalAbort did: its output and how it ended. */
async function outcomeOf(script: string, wrapper: readonly string[] = []) {
  const source = `import { SignalAbort } from ${JSON.stringify(join(import.meta.dir, "abort-on-signal.ts"))};
const busy = (ms) => { for (const end = performance.now() + ms; performance.now() < end; ); };
const send = (signal) => process.kill(process.pid, signal);
${script}`;
  const child = Bun.spawn([...wrapper, process.execPath, "-e", source], { stdout: "pipe", stderr: "inherit" });
  const stdout = await child.stdout.text();
  await child.exited;
  return { stdout, signal: child.signalCode, status: child.exitCode };
}

test("a signal is noted by work that never lets the event loop run, and its reason is thrown", () => {
  const seen: SignalReceived[] = [];
  const abort = new SignalAbort(["SIGUSR2"], (received) => seen.push(received));
  try {
    abort.check();
    process.kill(process.pid, "SIGUSR2");
    expect(() => abort.check()).toThrow("received signal SIGUSR2");
    const { reason } = abort.signal;
    expect(reason).toBeInstanceOf(SignalReceived);
    expect((reason as SignalReceived).exitCode).toBe(128 + 12);
    expect(seen).toHaveLength(1);
    expect(abort.abort("command ended")).toBe(false);
    expect(abort.signal.reason).toBe(reason);
  } finally {
    abort.release();
  }
  expect(process.listenerCount("SIGUSR2")).toBe(0);
});

test("poll(2) sees a signal, until listening begins anew", () => {
  const readable = (abort: SignalAbort) => new DescriptorWait([abort.descriptor ?? -1]).wait(0).length === 1;
  const abort = new SignalAbort(["SIGUSR2"]);
  try {
    expect(readable(abort)).toBe(false);
    process.kill(process.pid, "SIGUSR2");
    expect(readable(abort)).toBe(true);
  } finally {
    abort.release();
  }
  const next = new SignalAbort([]);
  expect(readable(next)).toBe(false);
});

test("the event loop notes a signal too", async () => {
  const abort = new SignalAbort(["SIGUSR2"]);
  try {
    process.kill(process.pid, "SIGUSR2");
    await new Promise((resolve) => abort.signal.addEventListener("abort", resolve));
  } finally {
    abort.release();
  }
});

test("signals sent at the same moment are one request, as timeout(1) sends them", async () => {
  const { stdout, status } = await outcomeOf(`
const abort = new SignalAbort(["SIGTERM"], () => console.log("received"));
send("SIGTERM"); send("SIGTERM");
await Bun.sleep(20);
console.log("went on"); abort.release();`);
  expect(stdout).toBe("received\nwent on\n");
  expect(status).toBe(0);
});

test("a second signal ends the process at once although nothing has noted the first", async () => {
  const { stdout, signal } = await outcomeOf(`
new SignalAbort(["SIGINT", "SIGTERM"], () => console.log("received"));
send("SIGINT"); busy(150); send("SIGTERM"); busy(1000);
console.log("went on");`);
  expect(stdout).toBe("");
  expect(signal).toBe("SIGTERM");
});

test("code of third parties that does not return ends with the process, and is named; code that returns does not", async () => {
  const foreign = `
import { enterForeignCode, leaveForeignCode } from ${JSON.stringify(join(import.meta.dir, "stop-signals.ts"))};
const owner = { name: "x", directory: "/c/x" };
const call = (ms) => { enterForeignCode(owner); busy(ms); leaveForeignCode(); };
const abort = new SignalAbort(["SIGTERM"], () => console.log("received"));
call(1);
send("SIGTERM");`;
  const [endless, short] = await Promise.all([
    outcomeOf(`${foreign}\ncall(20_000); console.log("went on");`),
    outcomeOf(`${foreign}\nfor (let i = 0; i < 30; i++) call(100); await Bun.sleep(1); console.log("went on"); abort.release();`),
  ]);
  expect(endless).toMatchObject({ stdout: "", signal: "SIGTERM" });
  expect(short).toMatchObject({ stdout: "received\nwent on\n", status: 0 });
});

test("SIGHUP is left alone where it is ignored", async () => {
  const script = `
const abort = new SignalAbort(["SIGHUP"], () => console.log("received"));
send("SIGHUP"); await Bun.sleep(20);
console.log("went on"); abort.release();`;
  expect((await outcomeOf(script)).stdout).toBe("received\nwent on\n");
  expect((await outcomeOf(script, ["sh", "-c", "trap '' HUP; exec \"$@\"", "sh"])).stdout).toBe("went on\n");
});

test("a signal that is released is not listened to", () => {
  const abort = new SignalAbort(["SIGUSR2", "SIGURG"]);
  abort.release("SIGURG");
  expect([process.listenerCount("SIGURG"), process.listenerCount("SIGUSR2")]).toEqual([0, 1]);
  abort.release();
  expect(process.listenerCount("SIGUSR2")).toBe(0);
});
