/** Collectors dev and ns: where a packet was, on which device and in which network namespace. */
import { equal } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { expectEvents } from "../support/expect-events.ts";
import { createNamespaces, createWithInode, destroyNamespaces, type Namespace } from "../support/netns.ts";
import { Collection, record } from "../support/retis.ts";
import { scenario } from "../support/scenario.ts";
import { twoNamespaces } from "../support/topology.ts";
import { deviceIndex } from "../support/namespace-sockets.ts";
import { sendUdp } from "../support/traffic.ts";

/** What the kernel calls this process, which sends the packets. */
const ownName = readFileSync("/proc/self/comm", "utf8").trim();

const named = scenario(
  "a drop in a named namespace shows device, namespace and its name",
  { requires: ["root", "tracepoint:skb:kfree_skb"] },
  async (trial) => {
    const { client, server } = await trial.topology(twoNamespaces());
    const { events } = await record(trial, ["-c", "skb,skb-drop,dev,ns"], () => sendUdp(client, "10.0.42.2", 7701));
    const ifindex = deviceIndex(server, "veth10");
    expectEvents(events, [
      {
        parsed_packet: { ports: { destination: 7701 } },
        dev: { name: "veth10", ifindex },
        netns: { inum: server.inode(), name: server.name },
      },
    ]);
  },
);

const reused = scenario(
  "a namespace with the inode number of a deleted one has its own name",
  { where: "oldest and newest", requires: ["root", "tracepoint:skb:kfree_skb"] },
  async (trial) => {
    const [first] = (await createNamespaces(1)) as [Namespace];
    const inode = first.inode();
    const collection = await Collection.start(trial, ["-c", "skb,skb-drop,ns", "-f", "udp dst portrange 7703-7704"]);
    await sendUdp(first, "127.0.0.1", 7703);
    await collection.waitForOutput(new RegExp(`ns .*${inode} \\(${first.name}\\)`));
    await destroyNamespaces([first]);
    const { all, found } = await createWithInode(inode);
    trial.defer(() => destroyNamespaces(all));
    // The kernel is free not to give the number again so soon.
    if (found === undefined) return;
    // Without a cookie, a name counts from a tick after the namespace was made.
    await Bun.sleep(30);
    await sendUdp(found, "127.0.0.1", 7704);
    await collection.waitForOutput(/\.7704 [\s\S]*\n {2}ns /);
    const { stdout } = await collection.stop();
    const event = stdout.split("\n\n").find((candidate) => candidate.includes(".7704 ")) ?? "";
    equal(/ns .*\((.*)\)/.exec(event)?.[1], found.name, event);
  },
);

const text = scenario(
  "the text of a drop names the device and the namespace",
  { requires: ["root", "tracepoint:skb:kfree_skb"], where: "once" },
  async (trial) => {
    const { client, server } = await trial.topology(twoNamespaces());
    const ifindex = deviceIndex(server, "veth10");
    const collection = await Collection.start(trial, ["-c", "skb,skb-drop,dev,ns"]);
    await sendUdp(client, "10.0.42.2", 7702);
    await collection.waitForOutput(/\.7702 /);
    const { status, stdout } = await collection.stop();
    equal(status, 0);
    const event = stdout.split("\n\n").find((candidate) => candidate.includes(".7702 ")) ?? "";
    const lines = event.split("\n");
    const asLine = (pattern: RegExp) =>
      equal(
        lines.some((line) => pattern.test(line)),
        true,
        `no line like ${pattern} in:\n${event}`,
      );
    asLine(new RegExp(`^\\d+ \\(\\d+\\) \\[${ownName}\\] (\\d+/)?\\d+ \\[tp\\] skb:kfree_skb$`));
    asLine(
      new RegExp(
        `^  if ${ifindex} \\(veth10\\) .*10\\.0\\.42\\.1\\.\\d+ > 10\\.0\\.42\\.2\\.7702 tos 0x0 ttl 64 .* proto UDP \\(17\\) len 16$`,
      ),
    );
    asLine(new RegExp(`^  ns .*${server.inode()}.*\\(${server.name}\\)`));
    asLine(/^ {2}drop \(reason \w+\) at .+$/);
  },
);

export const scenarios = [named, reused, text];
