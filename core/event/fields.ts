/** Section `fields`: what a run reads at its probes because the command line names it. Its properties are those of the run (core/fields). */
import { Type } from "../api/collector.ts";
import { defineSection } from "../api/section.ts";

export const fieldsSection = defineSection({
  key: "fields",
  summary: "Fields. Values that were read at the probe because the command line names them, by their names there",
  schema: Type.Object({}),
});
