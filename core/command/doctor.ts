import { painter, wantsColour } from "../base/colour.ts";
import { streamOf } from "../base/terminal.ts";
import { writeAnswer } from "../cli/answer.ts";
import type { CommandBody } from "../cli/cli-command.ts";
import { collectorDirOption, collectorDirRequest } from "../cli/collector-dir.ts";
import { isReady } from "../doctor/check.ts";
import { jsonReport, textReport } from "../doctor/report.ts";

/** `retis doctor`: what works on this host, what does not and why. Status 0 when `collect -c skb,skb-drop` can run, else 1. */
export const doctor: CommandBody = {
  define(parser, { context }) {
    parser.option("--json", "Print the findings as JSON").addOption(collectorDirOption());
    return async () => {
      const loaded = await context.loadCollectors(collectorDirRequest(parser));
      // Loaded only now, so that no other command pays for the engine.
      const { examine } = await import("../doctor/examine.ts");
      const checks = examine(loaded);
      writeAnswer(parser.opts<{ json?: true }>().json ? jsonReport(checks) : textReport(checks, statusPaint()));
      return isReady(checks) ? 0 : 1;
    };
  },
};

function statusPaint() {
  const colour = wantsColour(streamOf(1));
  return { ok: painter("green", colour), missing: painter("red", colour), unknown: painter("yellow", colour) };
}
