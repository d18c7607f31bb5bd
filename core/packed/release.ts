/** Which release of a third party's collector is in a place, for people. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { installedIn } from "./installed.ts";
import { readPacked } from "./packed-collector.ts";
import { packedEnding } from "./packed-ending.ts";

/** `1.2.0`, or `1.2.0 from npm:NAME` where it was installed; undefined when the collector does not say. @param place directory or packed file */
export function releaseText(place: string): string | undefined {
  if (place.endsWith(packedEnding)) return packedVersion(place);
  const note = installedIn(place);
  return note === undefined ? packageVersion(place) : `${note.version} from ${note.source}`;
}

function packedVersion(path: string): string | undefined {
  try {
    return readPacked(path).manifest.version;
  } catch {
    return undefined;
  }
}

function packageVersion(directory: string): string | undefined {
  try {
    const { version } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as { version?: unknown };
    return typeof version === "string" ? version : undefined;
  } catch {
    return undefined;
  }
}
