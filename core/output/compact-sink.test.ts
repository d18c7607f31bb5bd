import { expect, test } from "bun:test";
import type { Event } from "../api/event.ts";
import { CompactSink } from "./compact-sink.ts";
import { classifierOf } from "./drop-classes.ts";
import { EventClock } from "./event-clock.ts";
import type { TextOutput } from "./text-output.ts";

const paint = {
  alarm: (text: string) => text,
  symbol: (text: string) => text,
  dim: (text: string) => text,
  address: (text: string) => text,
  device: (text: string) => text,
};
const classOf = classifierOf([
  {
    advice: [
      { name: "NO_SOCKET", class: "problem", meaning: "", causes: [], steps: [] },
      { name: "OTHERHOST", class: "normal", meaning: "", causes: [], steps: [] },
    ],
    rules: [
      { name: "m", class: "normal", meaning: "", reasons: ["NO_SOCKET"], destination: "multicast" },
      { name: "n", class: "normal", meaning: "", reasons: ["NOT_SPECIFIED"], functions: ["vsock_*"] },
      { name: "f", class: "problem", meaning: "", functions: ["my_rcv"], protocols: ["udp"] },
    ],
  },
]);

class Screen {
  text = "";
  time = 0;
  readonly sink: CompactSink;

  constructor(options: { fold?: boolean; maxRate?: number; columns?: number; titled?: boolean } = {}) {
    const output = { add: (text: string) => void (this.text += text), flush: () => "ok", congested: false };
    this.sink = new CompactSink(output as unknown as TextOutput, {
      clock: new EventClock({ mode: "boot" }),
      ...{
        classOf,
        paint,
        fold: options.fold ?? true,
        titled: options.titled ?? false,
        maxRate: options.maxRate ?? Number.POSITIVE_INFINITY,
      },
      ...{ columns: () => options.columns ?? Number.POSITIVE_INFINITY, now: () => this.time },
    });
  }

  get lines(): readonly string[] {
    return this.text.trimEnd().split("\n");
  }
}

const udp = (to: string) => Uint8Array.fromHex(`02000000000b02000000000a08004500001c00004000401100000a000001${to}9c401b5800080000`);

function drop(reason: string, to = "0a000002", more: Event = {}): Event {
  const data = udp(to);
  return {
    common: { timestamp: 1234, task: { pid: 7, tgid: 7, comm: "nc" } },
    kernel: { probe_type: "raw_tracepoint", symbol: "skb:kfree_skb" },
    "skb-drop": { drop_reason: reason, location: "udp_rcv+0x12" },
    packet: { data, len: data.length },
    dev: { name: "eth0" },
    netns: { inum: 1, name: "blue" },
    ...more,
  };
}

test("a row has reason, place, flow, device, namespace and task", () => {
  const screen = new Screen();
  screen.sink.write(drop("NO_SOCKET"));
  expect(screen.lines[0]!.split(/ {2,}/)).toEqual(
    [..."1234/NO_SOCKET/udp_rcv/10.0.0.1:40000 > 10.0.0.2:7000 udp/eth0@blue/nc".split("/")].with(-1, "nc/7"),
  );
});

test.each([
  ["a pod", { pod: "shop/web-7d9f", container: "app" }, "eth0@shop/web-7d9f"],
  ["a container", { container: "app" }, "eth0@app"],
  ["a service", { unit: "nginx.service" }, "eth0@nginx.service"],
  ["a process", { process: "sleep/9", unit: "session-3.scope" }, "eth0@sleep/9"],
  ["a name of its own and a container", { name: "blue", container: "app" }, "eth0@blue"],
])("the place of %s", (_, names, place) => {
  const screen = new Screen();
  screen.sink.write(drop("NO_SOCKET", undefined, { netns: { inum: 1, ...names } }));
  expect(screen.lines[0]).toContain(` ${place} `);
});

test("a row is cut to the width", () => {
  const screen = new Screen({ columns: 60 });
  screen.sink.write(drop("NO_SOCKET"));
  expect(screen.lines[0]).toEndWith("…");
  expect(screen.lines[0]!.length).toBe(60);
});

test("normal drops are counted, by reason or by a rule, and shown every ten seconds and at the end", () => {
  const screen = new Screen();
  screen.sink.write(drop("OTHERHOST"));
  screen.sink.write(drop("NO_SOCKET", "e00000fb"));
  screen.sink.write(drop("NOT_SPECIFIED", undefined, { "skb-drop": { drop_reason: "NOT_SPECIFIED", location: "vsock_stop+0x4" } }));
  expect(screen.text).toBe("");
  screen.time = 10_000;
  screen.sink.write(drop("OTHERHOST"));
  expect(screen.lines).toEqual([
    "  1 x OTHERHOST (normal, --all shows each)",
    "  1 x NO_SOCKET (normal, --all shows each)",
    "  1 x NOT_SPECIFIED (normal, --all shows each)",
  ]);
  screen.sink.close();
  expect(screen.text).toEndWith("\n4 drops, 0.4/s, 4 normal\n  normal: 2 OTHERHOST, 1 NO_SOCKET, 1 NOT_SPECIFIED\n");
});

test("with --all each is shown", () => {
  const screen = new Screen({ fold: false });
  screen.sink.write(drop("OTHERHOST"));
  expect(screen.text).toContain("OTHERHOST");
});

test("more rows in a second than wanted are counted by what they are", () => {
  const screen = new Screen({ maxRate: 2 });
  for (let sent = 0; sent < 5; sent++) screen.sink.write(drop("NO_SOCKET"));
  screen.time = 1000;
  screen.sink.write(drop("NO_SOCKET", "0a000003"));
  expect(screen.lines.slice(2, 4)).toEqual([
    "more than 2 rows/s, 3 events counted:",
    "  3 x NO_SOCKET at udp_rcv  10.0.0.1 > 10.0.0.2:7000 udp",
  ]);
  expect(screen.lines[4]).toContain("10.0.0.3:7000");
});

test("the end says what was found, most frequent first, and what to do next", () => {
  const screen = new Screen();
  for (const to of ["0a000002", "0a000003", "0a000003"]) screen.sink.write(drop("NO_SOCKET", to));
  screen.time = 2000;
  screen.sink.close();
  expect(screen.lines.slice(-4)).toEqual([
    "3 drops, 1.5/s",
    "  2 NO_SOCKET at udp_rcv  10.0.0.1 > 10.0.0.3:7000 udp",
    "  1 NO_SOCKET at udp_rcv  10.0.0.1 > 10.0.0.2:7000 udp",
    "Next: retis explain NO_SOCKET, retis diagnose --for 10s",
  ]);
});

test("names of devices and tasks do not control the terminal", () => {
  const screen = new Screen();
  screen.sink.write(drop("NO_SOCKET", "0a000002", { dev: { name: "a\u001b[8m" } }));
  screen.sink.close();
  expect(screen.text).not.toContain("\u001b");
});

test("a rule may be about functions and protocols", () => {
  expect(classOf({ reason: "X", location: "my_rcv+0x1", proto: "udp" })).toBe("problem");
  expect(classOf({ reason: "X", location: "my_rcv+0x1", proto: "tcp" })).toBe("unknown");
});

test("on a terminal, the first row says what is in the columns, and they line up", () => {
  const screen = new Screen({ titled: true });
  screen.sink.write(drop("NO_SOCKET"));
  screen.sink.write(drop("NO_SOCKET"));
  const [title = "", row = "", ...others] = screen.lines;
  expect(title).toMatch(/^time +reason +dropped by +packet +device@where +task$/);
  for (const [name, text] of [
    ["reason", "NO_SOCKET"],
    ["dropped by", "udp_rcv"],
    ["packet", "10.0.0.1"],
    ["device@where", "eth0"],
  ] as const)
    expect([name, title.indexOf(name)]).toEqual([name, row.indexOf(text)]);
  expect(others.filter((line) => line.startsWith("time"))).toEqual([]);
});
