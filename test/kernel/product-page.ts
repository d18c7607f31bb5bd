/**
 * The example of the product page, with its device and addresses, on a real packet. Numbers that a kernel chooses are replaced by
 * names. Where the page's tokens of a packet are older, those of today are expected (docs/differences.md). Its packet path is a use
 * case (use-cases.ts).
 */
import { equal } from "node:assert/strict";
import { join } from "node:path";
import { ethernet, ethertype, ipv4, protocol, tcpSyn } from "../support/frames.ts";
import { connect, createNamespaces, type Namespace } from "../support/netns.ts";
import { record, retis } from "../support/retis.ts";
import { scenario, type Trial } from "../support/scenario.ts";
import { resolveNeighbours, sendFrame } from "../support/traffic.ts";

const [source, destination] = ["10.0.0.100", "10.0.0.200"];
const macs = { client: "02:00:00:00:00:64", server: "02:00:00:00:00:c8" };

interface Hosts {
  readonly namespaces: readonly Namespace[];
  readonly client: Namespace;
  readonly server: Namespace;
}

/** Two hosts, each with the one device eth0. */
async function twoHosts(): Promise<Hosts> {
  const [client, server] = (await createNamespaces(2)) as [Namespace, Namespace];
  await connect(
    { namespace: client, device: "eth0", mac: macs.client, addresses: [`${source}/24`] },
    { namespace: server, device: "eth0", mac: macs.server, addresses: [`${destination}/24`] },
  );
  await resolveNeighbours(client, destination);
  return { namespaces: [client, server], client, server };
}

/** The text of the file's events, with what differs from run to run replaced. */
async function textOf(trial: Trial, command: readonly string[]): Promise<string> {
  const { stdout } = await retis(command, { cwd: trial.directory });
  return withoutStartup(stdout)
    .replaceAll(/^\d+ \(\d+\) \[.*?\] \d+ /gm, "TIME [TASK] ")
    .replaceAll(/if \d+ \(eth0\)/g, "if N (eth0)")
    .replaceAll(/ rxif \d+/g, "")
    .replaceAll(/ id \d+/g, " id ID")
    .replaceAll(/ \[DF\]/g, "")
    .replaceAll(/ at [\w.]+\+0x[0-9a-f]+( \[\w+\])?/g, " at PLACE")
    .trim();
}

const basic = scenario(
  "the product page's drop: a SYN to a port without a listener",
  { where: "oldest and newest", requires: ["root", "drop-reason:NO_SOCKET"] },
  async (trial) => {
    const { client } = await trial.topology(twoHosts());
    const syn = tcpSyn({ source, destination }, { sourcePort: 45678, destinationPort: 80 });
    const frame = ethernet(macs.server, macs.client, ethertype.ipv4, ipv4(source, destination, protocol.tcp, syn));
    await record(trial, ["-c", "skb,skb-drop", "-f", `src host ${source} and tcp dst port 80`], () => sendFrame(client, "eth0", frame));
    equal(
      await textOf(trial, ["print", await lastFile(trial)]),
      [
        "TIME [TASK] [tp] skb:kfree_skb",
        "  if N (eth0) 10.0.0.100.45678 > 10.0.0.200.80 tos 0x0 ttl 64 id ID off 0 len 40 proto TCP (6) flags [S] seq 1000 win 512",
        "  drop (reason NO_SOCKET) at PLACE",
      ].join("\n"),
    );
  },
);

function withoutStartup(text: string): string {
  return text.slice(text.indexOf("\n\n") + 2);
}

async function lastFile(trial: Trial): Promise<string> {
  const files = await Array.fromAsync(new Bun.Glob("events-*.json").scan(trial.directory));
  return join(trial.directory, files.sort().at(-1) ?? "");
}

export const scenarios = [basic];
