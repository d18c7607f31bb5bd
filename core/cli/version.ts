import manifest from "../../package.json" with { type: "json" };

/** Version of this program, e.g. `0.1.0`. */
export const version: string = manifest.version;

/** Name of the release that {@link version} belongs to. */
export const releaseName = "unreleased";

/** What `--version` prints. */
export function versionLine(): string {
  return `retis ${version} ("${releaseName}")`;
}
