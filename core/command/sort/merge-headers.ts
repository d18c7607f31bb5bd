import type { FileHeader } from "../../file/header.ts";

type Schema = Readonly<Record<string, unknown>>;

/** A header with a schema that describes the sections of all files, if any file has one. */
export function mergeHeaders(header: FileHeader, all: readonly FileHeader[]): FileHeader {
  const schemas = [header, ...all].flatMap(({ schema }) => (schema === undefined ? [] : [schema]));
  if (schemas.length === 0) return header;
  return { ...header, schema: schemas.reduce(mergeSchemas) };
}

/** Properties and definitions of both; the first one's where both have one of a name. */
function mergeSchemas(first: Schema, second: Schema): Schema {
  const merged: Record<string, unknown> = { ...first };
  for (const key of ["properties", "$defs"]) {
    const [own, other] = [first[key], second[key]];
    if (isObject(own) && isObject(other)) merged[key] = { ...other, ...own };
  }
  return merged;
}

function isObject(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
