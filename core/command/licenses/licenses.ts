/** `retis --licenses`. */
import { readFileSync } from "node:fs";
import path from "./notices.txt" with { type: "file" };

/** Notices and licences of the third-party software that the executable carries. */
export function licensesText(): string {
  return readFileSync(path, "utf8");
}
