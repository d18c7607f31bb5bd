/** Stacks of events, and what must be true of them. */
import { deepEqual, ok } from "node:assert/strict";
import type { RecordedEvent } from "./event-file.ts";

/** Frames of an event's stack, innermost first; undefined when it has none. */
export function stackOf(event: RecordedEvent | undefined): readonly string[] | undefined {
  return (event?.kernel as { readonly stack_trace?: readonly string[] } | undefined)?.stack_trace;
}

/** Frames that tracing itself causes. */
const tracing = /^(bpf_prog|bpf_get_stack|trace_call_bpf|kprobe|aggr_|fprobe|ftrace|rethook|arch_rethook|kretprobe)/;

/**
 * Fails unless the stack has frames of these functions in this order, innermost first, the first of them at its very top,
 * and none of tracing. Each name is a regular expression for a whole function name.
 */
export function assertSensibleStack(event: RecordedEvent | undefined, functions: readonly string[]): void {
  const stack = stackOf(event) ?? [];
  const context = `stack at ${event?.kernel?.symbol}:\n  ${stack.join("\n  ")}`;
  deepEqual(
    stack.filter((frame) => tracing.test(frame)),
    [],
    `frames of tracing in the ${context}`,
  );
  let from = 0;
  for (const name of functions) {
    const fits = new RegExp(`^(${name})(\\.[\\w.]+)?\\+`);
    const at = stack.findIndex((frame, index) => index >= from && fits.test(frame));
    ok(at >= 0, `no ${name} in order in the ${context}`);
    if (from === 0) ok(at === 0, `${name} is not on top of the ${context}`);
    from = at + 1;
  }
}
