/** Removes null properties at every level, in place: in the JSON form null means the same as absent. */
export function dropNulls(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) return value.forEach(dropNulls);
  const object = value as Record<string, unknown>;
  for (const key of Object.keys(object)) {
    if (object[key] === null) delete object[key];
    else dropNulls(object[key]);
  }
}

/** Whether the value is an object with named properties, as events and sections are. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** Removes what is not a section from an event, in place; returns the keys removed. */
export function dropNonSections(event: Record<string, unknown>): readonly string[] {
  let dropped: string[] | undefined;
  for (const key in event) {
    const section = event[key];
    if (typeof section === "object" && isRecord(section)) continue;
    delete event[key];
    (dropped ??= []).push(key);
  }
  return dropped ?? none;
}

const none: readonly string[] = [];
