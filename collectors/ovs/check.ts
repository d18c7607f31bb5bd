/** Whether the datapath can be seen on this host. */
import type { CheckResult, Host } from "../../core/api/collector.ts";

const module = "openvswitch";
/** Since Linux 5.14. */
const tracepoints = ["openvswitch:ovs_dp_upcall", "openvswitch:ovs_do_execute_action"];

/** Looks for the module first: on most hosts there is none, and nothing else need be read. */
export function checkOvs({ kernel }: Host): CheckResult {
  const loaded = kernel.moduleLoaded(module);
  if (loaded !== true && kernel.config("CONFIG_OPENVSWITCH") === "n") {
    return { ok: false, reason: "the kernel has no Open vSwitch (CONFIG_OPENVSWITCH is off)" };
  }
  if (loaded === false) {
    return { ok: false, reason: `module ${module} is not loaded: Open vSwitch is not in use`, hint: `Load it: modprobe ${module}` };
  }
  if (!kernel.hasStruct("dp_upcall_info")) {
    return {
      ok: false,
      reason: `the kernel has no type information of module ${module} (/sys/kernel/btf/${module})`,
      hint: "Needs module BTF (CONFIG_DEBUG_INFO_BTF_MODULES, Linux 5.11+)",
    };
  }
  const missing = tracepoints.filter((target) => kernel.parameters(target) === undefined);
  if (missing.length > 0) {
    return { ok: false, reason: `the kernel has no tracepoint ${missing.join(", ")}`, hint: "Needs Linux 5.14 or later" };
  }
  if (kernel.config("CONFIG_KPROBES") === "n") {
    return { ok: true, note: "functions cannot be probed (CONFIG_KPROBES is off): only upcalls and actions are reported" };
  }
  return { ok: true };
}
