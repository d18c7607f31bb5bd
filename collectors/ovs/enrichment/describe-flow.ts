/** What daemons know of a flow of the datapath: the flow as text, and the OpenFlow rules that it was made from. */
import { type Answer, ask } from "./unixctl.ts";

/** The kernel's datapath; a daemon may have others, and then wants to be told which. */
const datapath = "system@ovs-system";
/** No thread of a userspace datapath; early releases of 3.4 have a wrong default. */
const noThread = "pmd=2147483647";

export interface FlowDescription {
  readonly dpflow: string;
  readonly ofpflows: readonly string[];
  /** The rules are known only once a packet has hit the flow and a revalidator has seen that. */
  readonly rulesPending: boolean;
}

/** Sends a command; see {@link ask}. */
export type Asker = (path: string, method: string, params: readonly string[], signal: AbortSignal) => Promise<Answer>;

/** Asks one daemon after the other. What each can do is learnt with its first question. */
export class FlowDescriber {
  readonly #ask: Asker;
  /** Whether the daemon at a socket can name the rules (`ofproto/detrace`, since 3.4). */
  readonly #namesRules = new Map<string, boolean>();

  constructor(asker: Asker = ask) {
    this.#ask = asker;
  }

  /** Whether the daemon at this socket can name OpenFlow rules. @throws Error when it does not answer */
  async namesRules(socket: string, signal: AbortSignal): Promise<boolean> {
    const known = this.#namesRules.get(socket);
    if (known !== undefined) return known;
    const { text } = await this.#ask(socket, "list-commands", [], signal);
    const names = /^\s*ofproto\/detrace\b/m.test(text);
    this.#namesRules.set(socket, names);
    return names;
  }

  /** Forgets what is not there any more. */
  keepOnly(sockets: readonly string[]): void {
    for (const socket of this.#namesRules.keys()) if (!sockets.includes(socket)) this.#namesRules.delete(socket);
  }

  /**
   * Describes a flow.
   * @param ufid as text, see `ufidText`
   * @returns undefined when no daemon knows the flow
   * @throws the last Error when daemons did not answer
   */
  async describe(sockets: readonly string[], ufid: string, signal: AbortSignal): Promise<FlowDescription | undefined> {
    let problem: unknown;
    for (const socket of sockets) {
      try {
        const found = await this.#describeBy(socket, ufid, signal);
        if (found) return found;
      } catch (error) {
        problem = error;
      }
    }
    if (problem !== undefined) throw problem;
    return undefined;
  }

  async #describeBy(socket: string, ufid: string, signal: AbortSignal): Promise<FlowDescription | undefined> {
    const flow = await this.#ask(socket, "dpctl/get-flow", [datapath, `ufid:${ufid}`], signal);
    // Errors of the command may come as its result.
    if (flow.failed || !/\bactions:/.test(flow.text)) return undefined;
    if (!(await this.namesRules(socket, signal))) return { dpflow: flow.text, ofpflows: [], rulesPending: false };
    const rules = await this.#ask(socket, "ofproto/detrace", [`ufid:${ufid}`, noThread], signal);
    return { dpflow: flow.text, ...rulesIn(rules) };
  }
}

/** The rules in an answer. Each datapath adds its own, also that it has no such flow. */
function rulesIn({ text, failed }: Answer): Pick<FlowDescription, "ofpflows" | "rulesPending"> {
  if (failed) return { ofpflows: [], rulesPending: false };
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const ofpflows = lines.filter((line) => !/^(Cache|UFID) was not found\b/.test(line));
  const isGone = lines.length > 0 && lines.every((line) => line.startsWith("UFID was not found"));
  return { ofpflows, rulesPending: ofpflows.length === 0 && !isGone };
}
