import { defineCollector } from "../../core/api/collector.ts";
import hook from "./hook.bpf.o" with { type: "file" };
import { NamespaceNames } from "./namespace-names.ts";
import { netnsSection } from "./section.ts";
import { WorkloadNames } from "./workload-names.ts";

export default defineCollector({
  name: "ns",
  summary: "The network namespace that the packet is in",
  apiVersion: 1,
  sections: [netnsSection],
  args: { net: ["struct net *"], net_device: ["struct net_device *"], sock: ["struct sock *"] },
  kernelTypes: ["struct sk_buff *"],
  setup: (host) => ({
    hooks: [{ object: hook, at: "every-probe" }],
    // 5.7 to 5.11 have a member of that name too, but it is an atomic that is made on demand.
    constants: { has_cookie: host.kernel.hasIntegerMember("net", "net_cookie", 8) },
    keyLookups: { name: new NamespaceNames({ directory: "/run/netns", host }).find, ...new WorkloadNames(host.workloads).lookups },
    // A name is proven by the cookie of its namespace, which is entered for that. Which process is in which namespace is secret,
    // and so are control groups by their ids.
    capabilities: ["CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH"],
  }),
});
