/** The sections that core itself adds to events, in the order of the writer (spec events-and-processing 1.1). */
import type { Section } from "../api/section.ts";
import { clockSection } from "./clock.ts";
import { commonSection } from "./common.ts";
import { fieldsSection } from "./fields.ts";
import { kernelSection } from "./kernel.ts";
import { lossSection } from "./loss.ts";
import { startupSection } from "./startup.ts";
import { trackingSection } from "./tracking.ts";
import { userspaceSection } from "./userspace.ts";

export const coreSections: readonly Section[] = [
  commonSection,
  kernelSection,
  userspaceSection,
  trackingSection,
  startupSection,
  clockSection,
  lossSection,
  fieldsSection,
];
