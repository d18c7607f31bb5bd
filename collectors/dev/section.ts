import { defineSection } from "../../core/api/collector.ts";
import { formatDevice } from "./format.ts";
import { devSchema } from "./schema.ts";

/** The network device that the packet is at. */
export const devSection = defineSection({
  key: "dev",
  summary: "Network device that the packet is at.",
  wire: "dev",
  schema: devSchema,
  format: formatDevice,
});
