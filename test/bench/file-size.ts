/**
 * P7: bytes for each event in a file, against the JSON form of the same events. The events are those of real flows between
 * two namespaces, seen on their way in and out and where they are dropped: TCP, UDP and ICMP over IPv4 and IPv6, with and
 * without a listener.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Event } from "../../core/api/event.ts";
import type { FileHeader } from "../../core/file/header.ts";
import { openEventFile } from "../../core/file/reader.ts";
import { EventFileWriter, type FileForm } from "../../core/file/writer.ts";
import { runCommand } from "../support/command.ts";
import { destroyNamespaces, type Namespace } from "../support/netns.ts";
import { twoNamespaces } from "../support/topology.ts";
import type { Benchmark, Figure } from "./figure.ts";
import { TracedRun } from "./traced-run.ts";

const rounds = 8;
const probes = ["-p", "tp:net:netif_receive_skb", "-p", "tp:net:net_dev_start_xmit"];

/** A server for each flow, and its clients; python, as its sockets need no other program. */
const server = `
import socket, threading
def serve(family, address):
    listener = socket.create_server((address, 7900), family=family)
    while True:
        connection, _ = listener.accept()
        with connection:
            while data := connection.recv(65536): connection.sendall(data[:200])
            connection.shutdown(socket.SHUT_WR)
for family, address in ((socket.AF_INET, "10.0.42.2"), (socket.AF_INET6, "1111::2")):
    threading.Thread(target=serve, args=(family, address)).start()
print("listening", flush=True)
`;
const client = `
import socket
for address in ("10.0.42.2", "1111::2"):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for size in (1, 60, 500, 1400, 20000):
        with socket.create_connection((address, 7900)) as connection:
            connection.sendall(bytes(size))
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536): pass
        with socket.socket(family, socket.SOCK_DGRAM) as sender: sender.sendto(bytes(min(size, 1400)), (address, 7901))
    try: socket.create_connection((address, 7902))
    except ConnectionRefusedError: pass
`;

async function makeTraffic(from: Namespace): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await from.run(["/usr/bin/python3", "-c", client]);
    for (const address of ["10.0.42.2", "1111::2"]) await runCommand(from.command("ping", "-c", "3", "-i", "0.01", address));
  }
}

/** Records the traffic to a CBOR file. */
async function recordTraffic(path: string): Promise<void> {
  const { namespaces, client: near, server: far } = await twoNamespaces();
  const serving = Bun.spawn([...far.command("/usr/bin/python3", "-c", server)], { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  try {
    await serving.stdout.getReader().read();
    const run = await TracedRun.start(["collect", "-c", "skb,skb-drop,dev,ns", ...probes, "-o", path]);
    await makeTraffic(near);
    await run.stop();
  } finally {
    serving.kill("SIGKILL");
    await serving.exited;
    await destroyNamespaces(namespaces);
  }
}

function readAll(path: string): { readonly header: FileHeader; readonly events: readonly Event[] } {
  const reader = openEventFile(path);
  const events: Event[] = [];
  for (let batch = reader.readBatch(); batch; batch = reader.readBatch()) events.push(...batch);
  return { header: reader.header, events: events.filter((event) => event["kernel"] !== undefined) };
}

/** Bytes for each event; the header of the file, which does not grow with it, is left out. */
function bytesPerEvent(path: string, form: FileForm, zstd: boolean, header: FileHeader, events: readonly Event[]): number {
  const sizeWith = (written: readonly Event[]) => {
    const writer = new EventFileWriter({ path, form, zstd, header: () => header });
    for (const event of written) writer.writeEvent(event);
    writer.close();
    return statSync(path).size;
  };
  return (sizeWith(events) - sizeWith([])) / events.length;
}

async function run(): Promise<readonly Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), "retis-size-"));
  try {
    const recorded = join(directory, "events.cbor");
    await recordTraffic(recorded);
    const { header, events } = readAll(recorded);
    const size = (form: FileForm, zstd: boolean) => bytesPerEvent(join(directory, "copy"), form, zstd, header, events);
    const [cbor, cborZstd, json, jsonZstd] = [size("cbor", false), size("cbor", true), size("json", false), size("json", true)];
    return [
      { aim: "P7", measure: `CBOR against JSON, ${events.length} events`, unit: "%", samples: [(100 * cbor) / json], atMost: 45 },
      { aim: "P7", measure: "CBOR with zstd against JSON", unit: "%", samples: [(100 * cborZstd) / json], atMost: 12 },
      { aim: "P7", measure: "  an event in CBOR", unit: "bytes", samples: [cbor] },
      { aim: "P7", measure: "  an event in CBOR with zstd", unit: "bytes", samples: [cborZstd] },
      { aim: "P7", measure: "  an event in JSON", unit: "bytes", samples: [json] },
      { aim: "P7", measure: "  an event in JSON with zstd", unit: "bytes", samples: [jsonZstd] },
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export const fileSizeBenchmark: Benchmark = { name: "file-size", run };
