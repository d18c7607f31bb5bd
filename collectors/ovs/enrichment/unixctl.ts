/**
 * The control socket of ovs-vswitchd (ovs-appctl(8), lib/unixctl.c): JSON-RPC 1.0 over a stream socket, one request and one
 * reply, without delimiters.
 */
import { createConnection } from "node:net";
import { JsonReply } from "./json-reply.ts";

/** What a daemon answered to a command. */
export interface Answer {
  /** Text of the command; some report errors here too. */
  readonly text: string;
  /** The daemon says that the command failed. */
  readonly failed: boolean;
}

/** A daemon answers in milliseconds; one that is stopped accepts a connection and never answers. */
export const answerLimitMs = 500;

/**
 * Sends a command and waits for the answer.
 * @param signal gives up
 * @throws Error when the daemon cannot be reached, does not answer in time, or not in this protocol
 */
export function ask(path: string, method: string, params: readonly string[], signal: AbortSignal): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const limit = AbortSignal.any([signal, AbortSignal.timeout(answerLimitMs)]);
  const socket = createConnection(path);
  const reply = new JsonReply();
  const giveUp = () => reject(new Error(signal.aborted ? "interrupted" : `no answer within ${answerLimitMs} ms`));
  limit.addEventListener("abort", giveUp);
  socket.on("connect", () => socket.write(JSON.stringify({ method, params, id: 0 })));
  socket.on("error", reject);
  socket.on("close", () => reject(new Error("the connection was closed before the answer was complete")));
  socket.on("data", (chunk: Buffer) => {
    try {
      const object = reply.add(chunk);
      if (object !== undefined) resolve(answerOf(object));
    } catch (error) {
      reject(error);
    }
  });
  return promise.finally(() => {
    limit.removeEventListener("abort", giveUp);
    socket.destroy();
  });
}

function answerOf({ id, result, error }: Readonly<Record<string, unknown>>): Answer {
  if (id !== 0) throw new Error("an answer to another request");
  if (error !== null && error !== undefined) return { text: String(error).trim(), failed: true };
  return { text: typeof result === "string" ? result.trim() : "", failed: false };
}
