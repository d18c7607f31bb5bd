import { expect, test } from "bun:test";
import { SignalAbort, SignalReceived } from "./abort-on-signal.ts";

async function received(seen: readonly unknown[]): Promise<void> {
  for (let tries = 0; seen.length === 0 && tries < 500; tries++) await Bun.sleep(10);
}

test("the first signal aborts with itself as the reason; later ones are only reported", async () => {
  const seen: [string, boolean][] = [];
  const abort = new SignalAbort(["SIGUSR2"], ({ signal }, first) => seen.push([signal, first]));
  try {
    process.kill(process.pid, "SIGUSR2");
    await received(seen);
    const { reason } = abort.signal;
    expect(reason).toBeInstanceOf(SignalReceived);
    expect((reason as SignalReceived).exitCode).toBe(128 + 12);
    seen.length = 0;
    process.kill(process.pid, "SIGUSR2");
    await received(seen);
    expect(seen).toEqual([["SIGUSR2", false]]);
    expect(abort.abort("command ended")).toBe(false);
    expect(abort.signal.reason).toBe(reason);
  } finally {
    abort.release();
  }
  expect(process.listenerCount("SIGUSR2")).toBe(0);
});

test("a check throws the reason of the abort, and nothing before", async () => {
  const abort = new SignalAbort([]);
  await abort.check();
  expect(abort.isCheckDue).toBe(false);
  expect(abort.abort(new Error("enough"))).toBe(true);
  expect(abort.check()).rejects.toThrow("enough");
});

test("a signal that is released is not listened to", () => {
  const abort = new SignalAbort(["SIGUSR2", "SIGURG"]);
  abort.release("SIGURG");
  expect([process.listenerCount("SIGURG"), process.listenerCount("SIGUSR2")]).toEqual([0, 1]);
  abort.release();
  expect(process.listenerCount("SIGUSR2")).toBe(0);
});
