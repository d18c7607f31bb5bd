/** What is wrong with a user's TypeScript file that this process imports. */
import { reasonOf } from "./errors.ts";

/** Of errors of Bun's transpiler. */
interface Located {
  readonly position?: { readonly file: string; readonly line: number; readonly column: number } | null;
}

/**
 * Describes the error of an `import()`.
 * @param describeThrown describes what the code itself threw
 */
export function describeImportError(error: unknown, describeThrown: (error: unknown) => string): string {
  // Bun reports all mistakes in a file at once; the first is usually the cause of the others.
  if (error instanceof AggregateError && error.errors.length > 0) return describeImportError(error.errors[0], describeThrown);
  const position = (error as Located | undefined)?.position;
  if (!position) return describeThrown(error);
  // The namespace of a bundle says nothing to the author.
  return `it does not compile: ${position.file.replace(/^trusted:/, "")}:${position.line}:${position.column}: ${reasonOf(error)}`;
}
