import { TraceError } from "../../base/errors.ts";
import { writeAnswer } from "../../cli/answer.ts";
import type { LeafCommand } from "../../cli/cli-command.ts";
import type { KnownReasons } from "./report.ts";

/** `retis explain [REASON | CODE]`: what a drop reason or an error means, and what to do about it. */
export const explain: LeafCommand = {
  name: "explain",
  summary: "Explain a drop reason or an error: what it means and what to do",
  define(parser) {
    parser.argument(
      "[reason]",
      "Drop reason, e.g. NO_SOCKET (SKB_DROP_REASON_ may precede it), or error code, e.g. BPF_LOAD; case-insensitive (default: list all)",
    );
    return async () => {
      const [reason] = parser.args;
      // Loaded only now, as no other command needs the texts.
      const { explanation, listText } = await import("./report.ts");
      const kernel = await kernelReasons();
      writeAnswer(reason === undefined ? listText(kernel) : explanation(reason, kernel));
      return 0;
    };
  },
  async candidates(before) {
    const { explainable } = await import("./report.ts");
    return before.length === 0 ? explainable(await kernelReasons()) : [];
  },
};

/** Undefined where the kernel does not describe its types: the advice does not need them. */
async function kernelReasons(): Promise<KnownReasons | undefined> {
  const { Kernel } = await import("../../kernel/kernel.ts");
  const kernel = new Kernel();
  try {
    return { release: kernel.release, reasons: kernel.dropReasons.declared() };
  } catch (error) {
    if (!(error instanceof TraceError)) throw error;
    return undefined;
  }
}
