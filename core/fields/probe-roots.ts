/** What the fields of a probe can begin with, from the prototype of its target. */
import type { Kernel } from "../kernel/kernel.ts";
import { signatureOf } from "../kernel/prototype.ts";
import type { Target } from "../probe/probe-set.ts";
import type { ProbeSpec } from "../probe/probe-spec.ts";
import { programTypes, tracepointArguments } from "../probe/program-types.ts";
import type { FieldRoots } from "./field-resolver.ts";

export function rootsOf(kernel: Kernel, { type }: ProbeSpec, { symbol, parameters }: Target): FieldRoots {
  const signature = signatureOf(kernel, symbol);
  if (signature === undefined) throw new Error(`${symbol} has no signature`);
  const readable = type === "raw_tracepoint" ? Math.min(parameters.length, tracepointArguments()) : parameters.length;
  const returnPosition = type === "kretprobe" ? programTypes().enumValue("retis_arg_position", "RETIS_ARG_RETURN") : undefined;
  return { signature, readable, returnPosition };
}
