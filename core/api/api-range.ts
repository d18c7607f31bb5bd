/** Which versions of the plugin contract a collector works with. */

/** Of this contract; see docs/stability.md. */
export const apiVersion = 1;
/** Raised when something is added to the contract. */
export const apiMinor = 0;

/** `1.x`: any version 1; `1.2`: 1.2 or a later version 1. */
const rangePattern = /^(\d{1,4})\.(x|\d{1,4})$/;

/**
 * Why a collector cannot be used with this version of the contract, after "it"; undefined when it can.
 *
 * @param declared what a collector says: `api`, or `apiVersion` for a first number alone
 */
export function apiFault({ api, apiVersion: version }: { readonly api?: unknown; readonly apiVersion?: unknown }): string | undefined {
  if (api === undefined) {
    if (typeof version !== "number") return 'has no api, such as "1.x"';
    return version === apiVersion ? undefined : `is written for API version ${version}, and this retis has ${apiVersion}.${apiMinor}`;
  }
  const [, major, minor] = (typeof api === "string" && rangePattern.exec(api)) || [];
  if (major === undefined) return `has an api that is not a range such as "1.x" or "1.2": ${String(api)}`;
  const fits = Number(major) === apiVersion && (minor === "x" || Number(minor) <= apiMinor);
  return fits ? undefined : `is written for API version ${api}, and this retis has ${apiVersion}.${apiMinor}`;
}

/** The range that a collector declares, in the form of `api`. */
export function apiOf({
  api,
  apiVersion: version,
}: {
  readonly api?: string | undefined;
  readonly apiVersion?: number | undefined;
}): string {
  return api ?? `${version ?? apiVersion}.x`;
}
