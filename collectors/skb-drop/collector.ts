import { type CheckResult, defineCollector, type Host, Type } from "../../core/api/collector.ts";
import { addClass } from "./class-stage.ts";
import hook from "./hook.bpf.o" with { type: "file" };
import { dropReasons } from "./drop-reasons.ts";
import { leaveOut } from "./except-reasons.ts";
import { skbDropSection } from "./section.ts";
import { socketNames } from "./socket-names.ts";

const reasonTypes = ["enum skb_drop_reason", "enum mac80211_drop_reason", "enum ovs_drop_reason", "enum qdisc_drop_reason"];
/** Positions of arguments of {@link kfreeSkb}. */
const [reasonPosition, socketPosition] = [2, 3];
const kfreeSkb = "skb:kfree_skb";
/** From 7.x on, queueing disciplines give their own reason here before the skb is freed as QDISC_DROP. */
const qdiscDrop = "qdisc:qdisc_drop";

function hasReason(host: Host, target: string): boolean {
  return host.kernel.parameters(target)?.some((type) => reasonTypes.includes(type)) ?? false;
}

function check(host: Host): CheckResult {
  if (!host.kernel.parameters(kfreeSkb)) {
    return {
      ok: false,
      reason: `this kernel has no tracepoint ${kfreeSkb}`,
      hint: "Needs CONFIG_NET, tracepoints and BTF",
    };
  }
  if (hasReason(host, kfreeSkb)) return { ok: true };
  if (host.kernel.enumValues("skb_drop_reason")) {
    return { ok: false, reason: `the kernel has drop reasons, but ${kfreeSkb} does not have them as an argument` };
  }
  return { ok: true, note: "this kernel has no drop reasons (Linux 5.17+): drops are reported as NOT_SPECIFIED" };
}

export default defineCollector({
  name: "skb-drop",
  summary: "Why a packet was dropped",
  apiVersion: 1,
  sections: [skbDropSection],
  companions: ["dev"],
  // Subsystems without a collector of their own; these two have one enum.
  dropReasons: ["mac80211_unusable", "mac80211_monitor"].map((subsystem) => ({ subsystem, enum: "mac80211_drop_reason" })),
  async dropKnowledge() {
    const { dropAdvice } = await import("./advice/drop-advice.ts");
    const { dropRules } = await import("./advice/drop-rules.ts");
    const { dropLocations } = await import("./locations/drop-locations.ts");
    return { advice: dropAdvice, rules: dropRules, locations: dropLocations };
  },
  args: { reason: reasonTypes, kfree_reason: [{ type: "enum skb_drop_reason", position: reasonPosition }] },
  options: Type.Object({
    except: Type.Array(Type.String(), {
      default: [],
      description: "Reasons of drops to leave out, e.g. NO_SOCKET; normal: all that a healthy host has",
    }),
  }),
  check,
  async start(run) {
    const { except } = run.options;
    if (except.length > 0) run.stage(skbDropSection.key, await leaveOut(except));
  },
  readerStages: async ({ output, dropClasses }) =>
    output === "json" || output === "sink" ? { [skbDropSection.key]: addClass(await dropClasses()) } : {},
  setup(host) {
    const withReasons = hasReason(host, kfreeSkb);
    const probes = [`tp:${kfreeSkb}`, ...(hasReason(host, qdiscDrop) ? [`tp:${qdiscDrop}`] : [])];
    return {
      hooks: [{ object: hook, at: withReasons ? "every-probe" : probes }],
      probes,
      constants: {
        has_reasons: withReasons,
        has_socket: withReasons && host.kernel.parameters(kfreeSkb)?.[socketPosition] === "struct sock *",
      },
      lookups: { ...dropReasons(host.kernel), ...socketNames },
    };
  },
});
