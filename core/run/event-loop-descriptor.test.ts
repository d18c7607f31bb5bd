import { afterEach, expect, test } from "bun:test";
import { setImmediate } from "node:timers/promises";
import { DescriptorWait } from "../libbpf/descriptor-wait.ts";
import { eventLoopDescriptor } from "./event-loop-descriptor.ts";

const limitMs = 10_000;
const clean: (() => void)[] = [];
afterEach(() => {
  for (const undo of clean.splice(0)) undo();
});

/** Blocks until the event loop has something to do and lets it do that, until `done` or too many times. */
async function turnUntil(done: () => boolean): Promise<void> {
  const fd = await eventLoopDescriptor();
  if (fd === undefined) throw new Error("the event loop was not found");
  const wait = new DescriptorWait([fd]);
  for (const from = performance.now(); !done() && performance.now() - from < limitMs; ) {
    expect(wait.wait(limitMs)).toEqual([fd]);
    await setImmediate();
  }
  expect(done()).toBe(true);
}

test("a thread that blocks is woken by the end of a child", async () => {
  let ended = false;
  Bun.spawn(["sleep", "0.05"], {
    onExit: () => {
      ended = true;
    },
  });
  await turnUntil(() => ended);
});

test("and by a signal", async () => {
  let received = false;
  const listener = () => (received = true);
  process.on("SIGUSR2", listener);
  clean.push(() => process.off("SIGUSR2", listener));
  Bun.spawn(["sh", "-c", `sleep 0.05; kill -USR2 ${process.pid}`]);
  // The signal itself interrupts the wait, so the loop may have nothing to do in the first turn.
  const fd = (await eventLoopDescriptor()) ?? -1;
  for (const from = performance.now(); !received && performance.now() - from < limitMs; await setImmediate())
    new DescriptorWait([fd]).wait(limitMs);
  expect(received).toBe(true);
});

test("and by data of a socket", async () => {
  let text = "";
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: (_, data) => void (text += data) } });
  clean.push(() => server.stop(true));
  Bun.spawn(["bash", "-c", `sleep 0.05; echo -n hello >/dev/tcp/127.0.0.1/${server.port}`]);
  await turnUntil(() => text === "hello");
});

test("nothing wakes it when nothing happens", async () => {
  const fd = await eventLoopDescriptor();
  await setImmediate();
  expect(new DescriptorWait([fd ?? -1]).wait(30)).toEqual([]);
});
