/** Stacks of events, with names and without. */
import { equal, match, ok } from "node:assert/strict";
import { kernelEvents, parseEvents } from "../support/event-file.ts";
import { KernelSymbols } from "../../core/kernel/symbols.ts";
import { Collection } from "../support/retis.ts";
import { scenario } from "../support/scenario.ts";
import { twoNamespaces } from "../support/topology.ts";
import { sendUdp } from "../support/traffic.ts";

const requires = ["root", "tracepoint:skb:kfree_skb"];
const port = 8601;

/** What sysctl kernel.kptr_restrict=2 shows, for one process. */
const hide = "sed 's/^[0-9a-f]*/0000000000000000/' /proc/kallsyms > kallsyms && mount --bind kallsyms /proc/kallsyms && exec \"$@\"";
const wrapper = ["unshare", "-m", "--propagation", "private", "sh", "-c", hide, "sh"];

const tracing = /^(bpf_|__bpf_|__traceiter_)/;

const hiddenNames = scenario(
  "a stack whose names are hidden has addresses, none of the tracing, and that is said",
  { requires },
  async (trial) => {
    const { client } = await trial.topology(twoNamespaces());
    const args = ["-c", "skb,skb-drop", "--stack", "--format", "json", "-f", `udp dst port ${port}`];
    const collection = await Collection.start(trial, args, { wrapper });
    await sendUdp(client, "10.0.42.2", port);
    await collection.waitForOutput(/kfree_skb/);
    const { status, stdout, stderr } = await collection.stop();
    equal(status, 0, stderr);
    equal(stderr.match(/show addresses without names/g)?.length, 1, stderr);
    const [event] = kernelEvents(parseEvents(stdout));
    const stack = (event?.kernel as { readonly stack_trace?: readonly string[] } | undefined)?.stack_trace ?? [];
    ok(stack.length > 5, stack.join());
    const symbols = KernelSymbols.read("/proc/kallsyms");
    const names = stack.map((frame) => symbols.nearest(BigInt(frame))?.name ?? "");
    match(names.join(), /__udp4_lib_rcv|udp_queue_rcv|ip_protocol_deliver_rcu/);
    ok(!names.some((name) => tracing.test(name)), names.join());
    // The program's own address has no name any more: the first frame is that of the tracepoint.
    match(names[0] ?? "", /kfree_skb|skb_reason_drop/, names.join());
  },
);

export const scenarios = [hiddenNames];
