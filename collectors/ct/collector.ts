import { type CheckResult, defineCollector, type Host } from "../../core/api/collector.ts";
import { connectionNames } from "./connection-names.ts";
import hook from "./hook.bpf.o" with { type: "file" };
import { ctOtherSection, ctSection } from "./section.ts";

function check({ kernel }: Host): CheckResult {
  if (!kernel.hasStruct("sk_buff", "_nfct")) {
    return { ok: false, reason: "this kernel has no connection tracking", hint: "Needs CONFIG_NF_CONNTRACK" };
  }
  if (kernel.moduleLoaded("nf_conntrack") === false) {
    return {
      ok: false,
      reason: "module nf_conntrack is not loaded, so connections are not tracked",
      hint: "Before starting retis, load it with 'modprobe nf_conntrack' or load the rules that need it",
    };
  }
  if (!kernel.hasStruct("nf_conn", "tuplehash")) {
    return {
      ok: false,
      reason: "the kernel has no type information about connections (struct nf_conn)",
      hint: "Needs module BTF (CONFIG_DEBUG_INFO_BTF_MODULES, Linux 5.11+) or CONFIG_NF_CONNTRACK=y",
    };
  }
  return { ok: true };
}

export default defineCollector({
  name: "ct",
  summary: "The connection that the packet belongs to, as netfilter tracks it",
  apiVersion: 1,
  sections: [ctSection, ctOtherSection],
  kernelTypes: ["struct sk_buff *"],
  // The lowest bits of the pointer are the state of the packet (enum ip_conntrack_info).
  filterRoots: { nf_conn: { arguments: ["struct nf_conn *"], from: ["sk_buff._nfct:~0x7"] } },
  check,
  setup: ({ kernel }) => ({ hooks: [{ object: hook, at: "every-probe" }], lookups: connectionNames(kernel) }),
});
