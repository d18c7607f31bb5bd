import type { CheckResult, Host } from "../../core/api/collector.ts";
import { reasonOf } from "../../core/base/errors.ts";
import { runNft } from "./nft-program.ts";

/** The kernel calls it for each rule that takes effect, while any rule has `meta nftrace set`. */
export const traceFunction = "__nft_trace_packet";

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
  if (kernel.parameters(traceFunction) && kernel.hasStruct("nft_pktinfo")) return { ok: true };
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
