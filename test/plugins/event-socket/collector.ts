/** Sends events to a program that listens on a Unix socket, each as a line of JSON. */
import { Buffer } from "node:buffer";
import { connect } from "node:net";
import { defineCollector, defineSink, Type } from "retis/collector";

type Socket = ReturnType<typeof connect>;

/** Files have integers of 64 bits as they are, JSON.parse of most programs rounds them: here they are text. Bytes are base64. */
const exact = (_key: string, value: unknown) =>
  typeof value === "bigint" ? String(value) : value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value;

function opened(path: string): Promise<Socket> {
  const socket = connect(path);
  return new Promise((resolve, reject) => socket.once("error", reject).once("connect", () => resolve(socket)));
}

function send(socket: Socket, data: object): Promise<void> {
  return new Promise((resolve, reject) =>
    socket.write(`${JSON.stringify(data, exact)}\n`, (error?: unknown) => (error ? reject(error) : resolve())),
  );
}

export default defineCollector({
  name: "event-socket",
  summary: "Events on a Unix socket",
  api: "1.x",
  sections: [],
  setup: () => ({ hooks: [] }),
  sink: defineSink({
    summary: "Events as lines of JSON on a Unix socket; the first has the startup section, the last the number of events",
    options: Type.Object({ path: Type.String({ default: "/run/events.sock", description: "The socket" }) }),
    async begin({ startup, host }, { path }) {
      const socket = await opened(path);
      await send(socket, { startup, host });
      return {
        write: (event) => send(socket, event),
        async end({ events }) {
          await send(socket, { events });
          socket.end();
        },
      };
    },
  }),
});
