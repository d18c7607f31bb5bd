/** The names of workloads as collectors get them. */
import type { OpenNamespace } from "../api/host.ts";
import type { WorkloadFacts } from "../api/workload.ts";
import { readClock } from "../libbpf/clock.ts";
import { ControlGroups } from "./control-groups.ts";
import { initialNetworkNamespace } from "./initial-namespace.ts";
import { NamespaceProcesses } from "./namespace-processes.ts";
import { Namespaces } from "./namespaces.ts";
import { TimeBudget } from "./time-budget.ts";
import { Workloads } from "./workloads.ts";

const proc = "/proc";
/** For lookups of namespaces that events cause, in a second, and again for those of control groups, which never wait for /proc. */
const nsPerSecond = 50_000_000n;

/** What lookups need of the host. */
export interface WorkloadHost {
  readonly now: () => bigint;
  readonly openNamespace: (path: string) => OpenNamespace | undefined;
}

/** Nothing is read before the first lookup. */
export function workloadFacts({ now, openNamespace }: WorkloadHost): WorkloadFacts {
  const workloads = new Workloads();
  const worked = () => readClock("thread-cpu");
  const budget = () => new TimeBudget({ now, worked }, nsPerSecond);
  let groups: ControlGroups | undefined;
  let namespaces: Namespaces | undefined;
  const openGroups = () => (groups ??= new ControlGroups({ workloads, budget: budget() }));
  const openNamespaces = () => {
    const initial = initialNetworkNamespace();
    const processes = new NamespaceProcesses({ proc, now, worked, except: initial });
    return new Namespaces({ processes, workloads, budget: budget(), now, proc, initial, openNamespace });
  };
  return {
    ofProcess: (pid) => workloads.ofProcess(pid),
    ofControlGroup: (id) => openGroups().find(id),
    controlGroupPath: (id) => openGroups().path(id),
    ofNamespace: (namespace) => (namespaces ??= openNamespaces()).find(namespace),
  };
}
