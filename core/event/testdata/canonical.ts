/** A text that two values of the event model share exactly when they are equal, order of properties included. */
export function canonical(value: unknown): string {
  if (value instanceof Uint8Array) return `h'${Buffer.from(value).toString("hex")}'`;
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object" || value === null) return String(value);
  return `{${Object.entries(value)
    .map(([key, part]) => `${key}:${canonical(part)}`)
    .join()}}`;
}
