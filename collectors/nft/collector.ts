import { type CheckResult, defineCollector, type Host, type Static, Type } from "../../core/api/collector.ts";
import ruleHook from "./hooks/rule.bpf.o" with { type: "file" };
import ruleInInfoHook from "./hooks/rule-in-info.bpf.o" with { type: "file" };
import skbHook from "./hooks/skb.bpf.o" with { type: "file" };
import { checkNft, generationVariable, traceFunction } from "./check.ts";
import { NftRun } from "./nft-run.ts";
import { nftSection } from "./section.ts";
import { type Verdict, verdictBits, verdictName, verdicts } from "./verdicts.ts";

const choices = ["all", ...verdicts] as const;

const options = Type.Object({
  verdicts: Type.Array(Type.Union(choices.map((name) => Type.Literal(name))), {
    default: ["drop", "accept"],
    description: "Verdicts to report, or all. Filters are unreliable for stolen: the packet may already be freed",
  }),
});

const runs = new WeakMap<Host, NftRun>();

function wantedVerdicts(names: readonly ("all" | Verdict)[]): readonly Verdict[] {
  return names.includes("all") ? verdicts : names.filter((name) => name !== "all");
}

export default defineCollector({
  name: "nft",
  summary: "The nftables rule or policy that decided on the packet",
  apiVersion: 1,
  sections: [nftSection],
  args: {
    info: ["struct nft_traceinfo *"],
    packet: ["struct nft_pktinfo *"],
    verdict: ["struct nft_verdict *"],
    rule: ["struct nft_rule_dp *"],
    chain: ["struct nft_chain *"],
    type: ["enum nft_trace_types"],
  },
  options,
  check: (host): CheckResult => checkNft(host),
  setup(host, { verdicts: names }: Static<typeof options>) {
    const wanted = wantedVerdicts(names);
    const run = new NftRun(host, wanted);
    runs.set(host, run);
    const probe = `kprobe:${traceFunction}`;
    return {
      hooks: [
        { object: skbHook, at: "every-probe" },
        { object: host.kernel.hasStruct("nft_traceinfo", "rule") ? ruleInInfoHook : ruleHook, at: [probe] },
      ],
      probes: [probe],
      constants: {
        verdicts: verdictBits(wanted),
        // 5.7 to 5.11 have a member of that name too, but it is an atomic that is made on demand.
        has_cookie: host.kernel.hasIntegerMember("net", "net_cookie", 8),
        net_id_at: host.kernel.symbolAddress(generationVariable) ?? 0,
      },
      lookups: { verdict: verdictName },
      keyLookups: { rule: run.ruleText },
      // Rule sets are read in the namespaces of processes when a rule is new, and the table is removed at the end.
      capabilities: ["CAP_NET_ADMIN", "CAP_SYS_ADMIN", "CAP_SYS_PTRACE"],
    };
  },
  start: (run) => runs.get(run)?.start(run),
  stop: (host) => runs.get(host)?.stop(),
});
