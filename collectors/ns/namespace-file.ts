/** Looking at a namespace's file without opening it, which is done very often. */
import { statSync } from "node:fs";

/** What one look at a namespace's file found. */
export interface NamespaceFile {
  readonly inode: number;
  /** Changes when the path leads to another namespace, even one with the same inode number: nsfs keeps when it was mounted. */
  readonly identity: string;
}

/** Looks at a file; undefined when there is none. */
export function lookAtNamespace(path: string): NamespaceFile | undefined {
  try {
    const { ino, ctimeNs } = statSync(path, { bigint: true });
    return { inode: Number(ino), identity: `${ino}/${ctimeNs}` };
  } catch {
    // Removed since its directory was read.
    return undefined;
  }
}
