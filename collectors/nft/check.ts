import type { CheckResult, Host, KernelFacts } from "../../core/api/collector.ts";
import { reasonOf } from "../../core/base/errors.ts";
import { runNft } from "./nft-program.ts";

/** The kernel calls it for each rule that takes effect, while any rule has `meta nftrace set`. */
export const traceFunction = "__nft_trace_packet";

/** From 5.13 to 6.16 it is needed to find the generation of a namespace's rules (net/netfilter/nf_tables_api.c). */
export const generationVariable = "nf_tables_net_id";

/** Whether hooks can read the generation of rules, without which no text is certain to be a rule's. */
function knowsGeneration(kernel: KernelFacts): boolean {
  if (kernel.hasStruct("netns_nftables", "base_seq")) return true;
  return kernel.hasStruct("nftables_pernet", "base_seq") && kernel.symbolAddress(generationVariable) !== undefined;
}

/** Whether rules can be traced here. With system changes allowed, loads the module, as any use of nft does. */
export function checkNft(host: Host): CheckResult {
  const { kernel } = host;
  if (kernel.config("CONFIG_KPROBES") === "n") {
    return {
      ok: false,
      reason: "this kernel has no kprobes",
      hint: "Needs CONFIG_KPROBES",
    };
  }
  if (host.systemChangesAllowed) {
    try {
      runNft(["list", "tables"]);
    } catch (error) {
      return { ok: false, reason: `nft cannot be used: ${reasonOf(error)}`, hint: "Install nftables, or omit --allow-system-changes" };
    }
  }
  if (kernel.parameters(traceFunction) && kernel.hasStruct("nft_pktinfo")) {
    return knowsGeneration(kernel) ? { ok: true } : { ok: true, note: "without the texts of rules: needs CONFIG_KALLSYMS_ALL" };
  }
  const modulesHaveNoTypes = kernel.config("CONFIG_NF_TABLES") === "m" && kernel.config("CONFIG_DEBUG_INFO_BTF_MODULES") !== "y";
  if (kernel.moduleLoaded("nf_tables") === false && !modulesHaveNoTypes) {
    return {
      ok: false,
      reason: "module nf_tables is not loaded: nftables is not in use",
      hint: "Load it with 'modprobe nf_tables', or use --allow-system-changes",
    };
  }
  return {
    ok: false,
    reason: "the kernel has no type information of nf_tables",
    hint: "Needs module BTF (CONFIG_DEBUG_INFO_BTF_MODULES, Linux 5.11+) or CONFIG_NF_TABLES=y",
  };
}
