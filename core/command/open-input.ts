import { existsSync } from "node:fs";
import type { Section } from "../api/section.ts";
import { inputMissing } from "../base/errors.ts";
import { log } from "../base/log.ts";
import { counted } from "../base/plural.ts";
import { base64FieldsOfSections } from "../file/base64-fields.ts";
import { openEventFile, type EventReader, type ReadOptions } from "../file/reader.ts";
import { defaultFileName, resolveInput } from "../file/rotation.ts";

/** How the INPUT of reading commands is described in their help. */
export const inputArgument = {
  name: "[input]",
  description: "Event file, - for stdin; NAME.. also reads the parts of a rotated file that follow (default: retis.data)",
} as const;

/**
 * Opens the INPUT of a reading command. Throws INPUT_MISSING for a name that does not exist, and what `openEventFile`
 * throws.
 *
 * @param sections sections that may occur in the file
 * @param options `sections`: names of those that the command looks at, all when absent; `check`: called before bytes are read and
 *   while there are none, throws to give up
 */
export function openInput(
  argument: string | undefined,
  sections: readonly Section[],
  options: Pick<ReadOptions, "sections" | "visited" | "check"> = {},
): EventReader {
  const { path, follow } = resolveInput(argument);
  if (path !== "-" && !existsSync(path)) throw inputMissing(argument ?? defaultFileName);
  const base64Fields = base64FieldsOfSections(sections);
  return openEventFile(path, { follow, base64Fields, known: sections, ...options });
}

/**
 * Reports what could not be read of a file; call it at the end.
 * @returns exit status: 1 when something of the file is missing in what the command did
 */
export function reportReadErrors(reader: EventReader): 0 | 1 {
  for (const { path, offset, message } of reader.readErrors) log.warn(`${path}, byte ${offset}: ${message}`);
  const more = reader.readErrorCount - reader.readErrors.length;
  if (more > 0) log.warn(`${counted(more, "more problem")} of the file not shown`);
  return reader.readErrorCount > 0 ? 1 : 0;
}
