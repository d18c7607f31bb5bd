import { expect, test } from "bun:test";
import type { HostView } from "./host-view.ts";
import { socketsOf } from "./sockets-table.ts";

const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops";
const files: Readonly<Record<string, string>> = {
  "/proc/net/udp": `${head}
  275: 0100007F:1B58 00000000:0000 07 00000000:00000200 00:00000000 00000000     0        0 31001 2 0000000000000000 17
  276: 00000000:1B59 0100000A:0035 01 00000000:00000000 00:00000000 00000000     0        0 31002 2 0000000000000000 0
`,
  "/proc/net/udp6": `${head}
  280: 000000000000000000000000010000FE:1B5A 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 31003 2 0000000000000000 0
not a line
`,
  "/proc/net/tcp": `${head}
    0: 00000000:0016 00000000:0000 0A 00000000:00000003 00:00000000 00000000     0        0 31004 1 0000000000000000 100 0 0 10 0
`,
};

const view: HostView = {
  file: (path) => files[path],
  output: () => undefined,
  initialFile: () => undefined,
  sysctl: () => undefined,
  cgroupsWithPrograms: () => undefined,
  others: () => [],
};

test("UDP sockets of both IP versions", () => {
  expect(socketsOf(view, "udp")).toEqual([
    { file: "/proc/net/udp", address: "127.0.0.1", isAny: false, port: 7000, isOpen: true, receiveQueue: 512, drops: 17, inode: 31_001 },
    { file: "/proc/net/udp", address: "0.0.0.0", isAny: true, port: 7001, isOpen: false, receiveQueue: 0, drops: 0, inode: 31_002 },
    expect.objectContaining({ file: "/proc/net/udp6", address: "::fe00:1", port: 7002, isOpen: true }),
  ]);
});

test("a listening TCP socket with connections that wait; a file that cannot be read is empty", () => {
  expect(socketsOf(view, "tcp")).toEqual([
    { file: "/proc/net/tcp", address: "0.0.0.0", isAny: true, port: 22, isOpen: true, receiveQueue: 3, drops: 0, inode: 31_004 },
  ]);
});
