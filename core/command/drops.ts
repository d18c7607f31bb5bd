import type { CollectOptions } from "../api/collect-options.ts";
import type { LoadedCollector } from "../api/loaded-collector.ts";
import { log } from "../base/log.ts";
import type { LeafCommand } from "../cli/cli-command.ts";
import { defineCollect } from "../cli/parse-collect.ts";

/** What is said about a drop where the host allows; `nft` needs changes to the host. */
const collectorsOfDrops: readonly string[] = ["skb", "skb-drop", "dev", "ns", "ct"];
/** Options that choose for themselves what is recorded, or how it is shown. */
const ownChoice = { collectors: "collectors", format: "format" } as const;

/** `retis drops [FILTER...]`: the drops of this host, live, on one row each. */
export const drops: LeafCommand = {
  name: "drops",
  summary: "Show dropped packets live, one row each, and what was found at the end",
  async define(parser, invocation) {
    parser.argument("[filter...]", "Only packets that match this expression of tcpdump (pcap-filter), e.g. port 443");
    const read = await defineCollect(parser, invocation, collectorsOfDrops);
    return async () => {
      const { options, collectors, sink } = await read();
      const isGiven = (name: string) => parser.getOptionValueSource(name) === "cli";
      const chosen = isGiven(ownChoice.collectors) ? { options, collectors } : forDrops(options, collectors);
      // Loaded only now, so that no other command pays for the engine.
      const { runCollect } = await import("../run/collect.ts");
      const format = isGiven(ownChoice.format) ? options.format : "compact";
      if (format === "compact")
        log.info(`Drops are shown as they happen${options.fold ? ", normal ones counted" : ""}; Ctrl-C ends with a summary`);
      const filterPacket = joinedFilter(options.filterPacket, parser.args);
      return runCollect({ ...chosen.options, format, filterPacket }, chosen.collectors, sink);
    };
  },
};

/** Of all collectors those about drops that can run here; only drops are probed unless `-p` names more. */
function forDrops(
  options: CollectOptions,
  loaded: readonly LoadedCollector[],
): { readonly options: CollectOptions; readonly collectors: readonly LoadedCollector[] } {
  const wanted = options.allowSystemChanges ? [...collectorsOfDrops, "nft"] : collectorsOfDrops;
  const collectors = loaded.filter(({ collector, source }) => source === "built-in" && wanted.includes(collector.name));
  const required = ["skb", "skb-drop"];
  return { options: { ...options, choice: { ...options.choice, auto: true, onlyAuto: false, required } }, collectors };
}

/** The words after the command, and `-f`: both must match. */
function joinedFilter(given: string | undefined, words: readonly string[]): string | undefined {
  const expression = words.length === 0 ? undefined : words.join(" ");
  if (given === undefined || expression === undefined) return given ?? expression;
  return `(${given}) and (${expression})`;
}
