/** `retis drops`: one row each, normal ones counted, a flood counted, what was found at the end; and where packets are. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { Collection, settle } from "../support/retis.ts";
import { scenario } from "../support/scenario.ts";
import { twoNamespaces } from "../support/topology.ts";
import { sendFrame, sendUdp } from "../support/traffic.ts";
import { ethernet, ethertype, ipv4, protocol, udp } from "../support/frames.ts";
import { macs } from "../support/topology.ts";

const requires = ["root", "drop-reasons"];
const rowPattern = /^\d\d:\d\d:\d\d\.\d{3} {2}NO_SOCKET .*10\.0\.42\.1:\d+ > 10\.0\.42\.2:7801 udp +veth10@retis-test-/;

/** mDNS, which nothing listens to. */
function multicast(): Buffer {
  const route = { source: "10.0.42.1", destination: "224.0.0.251" };
  const packet = ipv4(route.source, route.destination, protocol.udp, udp(route, { sourcePort: 5353, destinationPort: 5353 }));
  return ethernet("01:00:5e:00:00:fb", macs.veth01, ethertype.ipv4, packet);
}

const rows = scenario(
  "drops are shown on one row each, normal ones and floods counted, with a summary",
  { requires, where: "once" },
  async (trial) => {
    const { client, server } = await trial.topology(twoNamespaces());
    const live = await Collection.start(trial, ["--max-rate", "5", "--netns", server.name], { command: "drops" });
    await sendUdp(client, "10.0.42.2", 7801);
    await sendFrame(client, "veth01", multicast(), 3);
    await sendUdp(client, "10.0.42.77", 7802);
    await settle(trial);
    for (let sent = 0; sent < 20; sent++) await sendUdp(client, "10.0.42.2", 7803);
    await settle(trial);
    const { status, stdout, stderr } = await live.stop();
    equal(status, 0, stderr);
    const lines = stdout.split("\n");
    equal(lines.filter((line) => rowPattern.test(line)).length, 1, stdout);
    match(stdout, /\d+ x NO_SOCKET.* 10\.0\.42\.1 > 10\.0\.42\.2:7803 udp/);
    match(stdout, /^\d+ drops, .* normal$/m);
    match(stdout, /^ +20 NO_SOCKET.* 10\.0\.42\.1 > 10\.0\.42\.2:7803 udp$/m);
    match(stdout, /^Next: retis explain NO_SOCKET, retis diagnose --for 10s$/m);
    ok(!/7802/.test(stdout), "a packet in another namespace");
    ok(!/224\.0\.0\.251:5353 udp +veth10/.test(stdout), "a normal drop is shown though it is to be counted");
  },
);

const scopes = scenario(
  "drops of one device, one namespace by name, process and inode number",
  { requires, where: "once" },
  async (trial) => {
    const { client, server } = await trial.topology(twoNamespaces());
    const holder = Bun.spawn([...server.command("sleep", "60")]);
    trial.defer(() => holder.kill());
    const inode = (await server.run(["stat", "-Lc", "%i", "/proc/self/ns/net"])).trim();
    const lists = [
      ["--dev", "veth10"],
      ["--netns", server.name],
      ["--netns", String(holder.pid)],
      ["--netns", inode],
      ["--dev", "none0"],
    ];
    const runs = await Promise.all(lists.map((list) => Collection.start(trial, [...list, "-f", "udp port 7811"], { command: "drops" })));
    await sendUdp(client, "10.0.42.2", 7811);
    await settle(trial);
    const counts: number[] = [];
    for (const run of runs)
      counts.push((await run.stop()).stdout.split("\n").filter((line) => /^\d\d:.*NO_SOCKET .*:7811 udp/.test(line)).length);
    deepEqual(counts, [1, 1, 1, 1, 0]);
  },
);

export const scenarios = [rows, scopes];
