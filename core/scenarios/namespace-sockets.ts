/**
 * Sockets of this process inside network namespaces: a packet costs a system call, where a process of its own would cost
 * an emulated guest a quarter of a second. setns(2) changes the namespace of the calling thread only; everything between
 * entering and leaving is synchronous, so nothing else of this process runs there.
 */
import { closeSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dlopen, ptr } from "bun:ffi";
import { internetChecksum, ipv4Bytes, ipv6Bytes } from "./frames.ts";
/** A namespace that `ip netns` knows by its name. */
interface NamedNamespace {
  readonly name: string;
}

const { symbols: libc } = dlopen("libc.so.6", {
  setns: { args: ["i32", "i32"], returns: "i32" },
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
  bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
  connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
  sendto: { args: ["i32", "ptr", "u64", "i32", "ptr", "u32"], returns: "i64" },
  recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
  close: { args: ["i32"], returns: "i32" },
  ioctl: { args: ["i32", "u64", "ptr"], returns: "i32" },
  if_nametoindex: { args: ["ptr"], returns: "u32" },
});

// include/uapi/linux/sched.h, include/linux/socket.h, include/linux/net.h, include/uapi/asm-generic/socket.h
const CLONE_NEWNET = 0x4000_0000;
const AF_INET = 2;
const AF_INET6 = 10;
const AF_PACKET = 17;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const SO_SNDTIMEO = 21;
const IPPROTO_ICMP = 1;
const IPPROTO_UDP = 17;
const IPPROTO_ICMPV6 = 58;
// include/uapi/linux/sockios.h, include/uapi/linux/if.h
const SIOCGIFFLAGS = 0x8913;
const SIOCSIFFLAGS = 0x8914;
const IFF_UP = 1;
const IFF_RUNNING = 0x40;
// include/uapi/linux/udp.h
const UDP_SEGMENT = 103;

/** Runs `action` while this thread is in the namespace; `action` must not wait for anything. */
function within<T>(namespace: NamedNamespace, action: () => T): T {
  const home = openSync("/proc/thread-self/ns/net", "r");
  const target = openSync(`/run/netns/${namespace.name}`, "r");
  try {
    must(libc.setns(target, CLONE_NEWNET), `setns to ${namespace.name}`);
    return action();
  } finally {
    must(libc.setns(home, CLONE_NEWNET), "setns back");
    closeSync(target);
    closeSync(home);
  }
}

function must(result: number | bigint, call: string): void {
  if (result < 0) throw new Error(`${call} failed`);
}

/** Opens a socket in the namespace for as long as `action` takes. */
function withSocket<T>(
  namespace: NamedNamespace,
  kind: { readonly family: number; readonly type: number; readonly protocol?: number },
  action: (socket: number) => T,
): T {
  return within(namespace, () => {
    const socket = libc.socket(kind.family, kind.type | SOCK_CLOEXEC, kind.protocol ?? 0);
    must(socket, `socket in ${namespace.name}`);
    try {
      return action(socket);
    } finally {
      libc.close(socket);
    }
  });
}

function familyOf(address: string): number {
  return address.includes(":") ? AF_INET6 : AF_INET;
}

/** struct sockaddr_in or sockaddr_in6 (include/uapi/linux/in.h, in6.h). */
function socketAddress(address: string, port: number): Buffer {
  const family = familyOf(address);
  const bytes = Buffer.alloc(family === AF_INET ? 16 : 28);
  bytes.writeUInt16LE(family, 0);
  bytes.writeUInt16BE(port, 2);
  if (family === AF_INET) ipv4Bytes(address).copy(bytes, 4);
  else ipv6Bytes(address).copy(bytes, 8);
  return bytes;
}

function setTimeLimit(socket: number, option: number, seconds: number): void {
  const time = new BigInt64Array([BigInt(seconds), 0n]);
  must(libc.setsockopt(socket, SOL_SOCKET, option, ptr(time), time.byteLength), "setsockopt");
}

/** struct ifreq of a device, its flags not filled in (include/uapi/linux/if.h). */
function deviceRequest(device: string): Buffer {
  const request = Buffer.alloc(40);
  request.write(device, 0, 15);
  return request;
}

const flagsOffset = 16;

/** Sets a device up, as `ip link set DEVICE up`. */
export function setUp(namespace: NamedNamespace, device: string): void {
  withSocket(namespace, { family: AF_INET, type: SOCK_DGRAM }, (socket) => {
    const request = deviceRequest(device);
    must(libc.ioctl(socket, SIOCGIFFLAGS, ptr(request)), `flags of ${device}`);
    request.writeUInt16LE(request.readUInt16LE(flagsOffset) | IFF_UP, flagsOffset);
    must(libc.ioctl(socket, SIOCSIFFLAGS, ptr(request)), `${device} up`);
  });
}

/** Whether a device is up and its link works. */
export function isRunning(namespace: NamedNamespace, device: string): boolean {
  return withSocket(namespace, { family: AF_INET, type: SOCK_DGRAM }, (socket) => {
    const request = deviceRequest(device);
    must(libc.ioctl(socket, SIOCGIFFLAGS, ptr(request)), `flags of ${device}`);
    return (request.readUInt16LE(flagsOffset) & IFF_RUNNING) !== 0;
  });
}

/** Index of a device. */
export function deviceIndex(namespace: NamedNamespace, device: string): number {
  return within(namespace, () => libc.if_nametoindex(ptr(Buffer.from(`${device}\0`))));
}

/** Writes a setting under /proc/sys/net, which shows the namespace of the thread that looks. */
export function writeSetting(namespace: NamedNamespace, path: string, value: string): void {
  within(namespace, () => writeFileSync(join("/proc/sys/net", path), value));
}

/** Sends one UDP datagram. An error, such as the one that an earlier ICMP message causes, is not reported. */
export function sendDatagram(from: NamedNamespace, destination: string, port: number, payload: Buffer): void {
  const address = socketAddress(destination, port);
  withSocket(from, { family: familyOf(destination), type: SOCK_DGRAM }, (socket) =>
    libc.sendto(socket, ptr(payload), payload.length, 0, ptr(address), address.length),
  );
}

/** Sends several datagrams as one packet, which is cut into pieces of `segment` bytes as late as possible. */
export function sendSegmented(from: NamedNamespace, destination: string, port: number, payload: Buffer, segment: number): void {
  const address = socketAddress(destination, port);
  withSocket(from, { family: familyOf(destination), type: SOCK_DGRAM }, (socket) => {
    const size = new Int32Array([segment]);
    must(libc.setsockopt(socket, IPPROTO_UDP, UDP_SEGMENT, ptr(size), size.byteLength), "setsockopt UDP_SEGMENT");
    must(libc.sendto(socket, ptr(payload), payload.length, 0, ptr(address), address.length), "sendto");
  });
}

/** Tries for up to a second to open a TCP connection, and closes it. Returns whether it was made. */
export function connectOnce(from: NamedNamespace, destination: string, port: number): boolean {
  const address = socketAddress(destination, port);
  return withSocket(from, { family: familyOf(destination), type: SOCK_STREAM }, (socket) => {
    setTimeLimit(socket, SO_SNDTIMEO, 1);
    return libc.connect(socket, ptr(address), address.length) === 0;
  });
}

/** Sends Ethernet frames through a packet socket, each `count` times. */
export function sendRawFrames(from: NamedNamespace, device: string, frames: readonly Buffer[], count: number): void {
  withSocket(from, { family: AF_PACKET, type: SOCK_RAW }, (socket) => {
    // struct sockaddr_ll (include/uapi/linux/if_packet.h); protocol 0: nothing is received.
    const address = Buffer.alloc(20);
    address.writeUInt16LE(AF_PACKET, 0);
    address.writeUInt32LE(libc.if_nametoindex(ptr(Buffer.from(`${device}\0`))), 4);
    must(libc.bind(socket, ptr(address), address.length), `bind to ${device}`);
    for (const frame of frames) {
      for (let sent = 0; sent < count; sent++) must(libc.sendto(socket, ptr(frame), frame.length, 0, null, 0), `send on ${device}`);
    }
  });
}

const echoIdentifier = process.pid & 0xffff;
const echoLimitSeconds = 2;

/** Sends an ICMP or ICMPv6 echo request and waits for its reply; throws when none comes within two seconds. */
export function ping(from: NamedNamespace, address: string): void {
  const isV4 = familyOf(address) === AF_INET;
  const request = Buffer.alloc(16);
  request.writeUInt8(isV4 ? 8 : 128, 0);
  request.writeUInt16BE(echoIdentifier, 4);
  request.writeUInt16BE(1, 6);
  // The kernel writes the checksum of ICMPv6.
  if (isV4) request.writeUInt16BE(internetChecksum(request), 2);
  const kind = { family: familyOf(address), type: SOCK_RAW, protocol: isV4 ? IPPROTO_ICMP : IPPROTO_ICMPV6 };
  withSocket(from, kind, (socket) => {
    const destination = socketAddress(address, 0);
    setTimeLimit(socket, SO_RCVTIMEO, echoLimitSeconds);
    must(libc.sendto(socket, ptr(request), request.length, 0, ptr(destination), destination.length), `echo request to ${address}`);
    const received = Buffer.alloc(2048);
    for (const deadline = Date.now() + echoLimitSeconds * 1000; Date.now() < deadline; ) {
      if (libc.recv(socket, ptr(received), received.length, 0) < 0) break;
      // An IPv4 raw socket gives the IP header too, an IPv6 one does not.
      const message = received.subarray(isV4 ? (received[0]! & 0xf) * 4 : 0);
      if (message[0] === (isV4 ? 0 : 129) && message.readUInt16BE(4) === echoIdentifier) return;
    }
    throw new Error(`${address} does not answer an echo request from ${from.name}`);
  });
}
