import type { Host, KeyLookup, Run } from "../../core/api/collector.ts";
import { RuleLister } from "./list-rules.ts";
import { RuleTexts } from "./rule-texts.ts";
import { TraceTable } from "./trace-table.ts";
import type { Verdict } from "./verdicts.ts";

/** For reading the rule sets of all namespaces at start; those left are read when they show up in an event. */
const readingBudgetMs = 3000;
/** Without any rule seen for so long, the user is informed. */
const quietMs = 10_000;

/** What of nftables one run needs in user space: the texts of rules, and the rule that makes the kernel show them. */
export class NftRun {
  readonly #host: Host;
  readonly #verdicts: readonly Verdict[];
  readonly #lister: RuleLister;
  readonly #texts: RuleTexts;
  #table: TraceTable | undefined;
  #seen = false;

  constructor(host: Host, verdicts: readonly Verdict[]) {
    this.#host = host;
    this.#verdicts = verdicts;
    this.#lister = new RuleLister({ proc: "/proc", named: "/run/netns" }, host);
    this.#texts = new RuleTexts(this.#lister);
  }

  /** Lookup `rule` of the section. */
  readonly ruleText: KeyLookup = (netns = 0, cookie = 0, time = 0, generation = 0, table = 0, rule = 0) => {
    this.#seen = true;
    return this.#texts.find({ netns: Number(netns), cookie, time, generation: Number(generation), table, rule });
  };

  /** Turns tracing on if that is allowed, and reads rule sets. @throws Error when the trace rule is refused */
  async start(run: Run): Promise<void> {
    const { log, systemChangesAllowed } = this.#host;
    // Before the reading, as it makes a new generation of the rules here.
    if (systemChangesAllowed) this.#table = await TraceTable.add();
    const isTraced = this.#readRules();
    if (this.#table !== undefined) {
      // Scripts wait for the first two words.
      log.info(`nft: tracing is on: table ${this.#table.table} was added and is removed at the end`);
    } else if (isTraced === false) {
      log.info(
        "nft: tracing is off, so no rules are reported: use --allow-system-changes, or add a rule with `meta nftrace set 1` to any chain",
      );
    }
    run.after(quietMs, () => {
      if (!this.#seen) log.info(`nft: no rule or policy has given a packet one of these verdicts yet: ${this.#verdicts.join(", ")}`);
    });
  }

  /** @throws Error that says how to remove the table by hand */
  async stop(): Promise<void> {
    await this.#table?.remove();
  }

  /** Whether a rule turns tracing on already; undefined when no rule set could be read. */
  #readRules(): boolean | undefined {
    const deadline = performance.now() + readingBudgetMs;
    const namespaces = this.#lister.all();
    const listings: string[] = [];
    for (const netns of namespaces) {
      if (performance.now() > deadline) break;
      const listing = this.#texts.read(netns);
      if (listing === undefined && listings.length === 0) break;
      if (listing !== undefined) listings.push(listing);
    }
    if (listings.length === 0) return undefined;
    if (listings.some((listing) => listing.includes("meta nftrace set 1"))) return true;
    return listings.length === namespaces.length ? false : undefined;
  }
}
