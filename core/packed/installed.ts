/** Collectors that were installed from packed files: each a directory with the manifest and a note on where it came from. */
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { apiFault } from "../api/api-range.ts";
import { notInstalled, reasonOf, TraceError } from "../base/errors.ts";
import { isPrivileged } from "../base/privilege.ts";
import { assertTrustedDirectory, callerId } from "../base/trusted-directory.ts";
import { manifestFile, type PackedCollector } from "./packed-collector.ts";

/** Where collectors of the whole system are. */
export const systemDirectory = "/usr/share/retis/collectors";
/** In the directory of an installed collector. */
const noteFile = "installed.json";
/** Everybody may read them, whatever the umask; only their owner may write. */
const directoryMode = 0o755;
const fileMode = 0o644;

/** Where an installed collector came from. */
export interface InstallNote {
  readonly name: string;
  readonly version: string;
  /** The file, or `npm:PACKAGE`. */
  readonly source: string;
  readonly sha256: string;
  /** File of the key that it was signed with. */
  readonly key?: string;
}

/** What is known of the installed collector in a directory; undefined when none is. */
export function installedIn(directory: string): InstallNote | undefined {
  try {
    const { name, version, source, sha256 } = JSON.parse(readFileSync(join(directory, noteFile), "utf8")) as Record<string, unknown>;
    const texts = [name, version, source, sha256];
    return texts.every((text) => typeof text === "string") ? ({ name, version, source, sha256 } as InstallNote) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Installs a collector in a directory of collectors, in place of an earlier version of it. Nothing of it is run.
 * @returns the version that was replaced, if there was one
 * @throws TraceError `INSTALL`, `UNSAFE_PLUGIN`
 */
export function install(collector: PackedCollector, parent: string, origin: Pick<InstallNote, "source" | "key">): string | undefined {
  const { name, version, api } = collector.manifest;
  const what = `Cannot install ${name} ${version} in ${parent}`;
  const wrongApi = apiFault({ api });
  if (wrongApi !== undefined) throw notInstalled(what, `it ${wrongApi}`, "Look for a release of the collector for this version of retis");
  const target = join(parent, name);
  const before = installedIn(target);
  if (before === undefined && existsSync(target))
    throw notInstalled(what, `${target} is there, and was not installed by this command`, "Move it away, or remove it");
  try {
    mkdirSync(parent, { recursive: true, mode: directoryMode });
    replace(parent, target, (made) => writeAll(made, collector, { name, version, sha256: collector.sha256, ...origin }));
  } catch (error) {
    if (error instanceof TraceError) throw error;
    throw notInstalled(
      what,
      reasonOf(error),
      "Run as root, or choose a directory of yours with --collector-dir, e.g. ~/.config/retis/collectors",
    );
  }
  return before?.version;
}

/** Makes the directory beside its place, and moves it there when it is complete. */
function replace(parent: string, target: string, fill: (made: string) => void): void {
  const made = mkdtempSync(join(parent, ".install-"));
  try {
    if (isPrivileged()) assertTrustedDirectory(made, callerId());
    const [next, last] = [join(made, "next"), join(made, "last")];
    fill(next);
    const isThere = lstatSync(target, { throwIfNoEntry: false }) !== undefined;
    if (isThere) renameSync(target, last);
    try {
      renameSync(next, target);
    } catch (error) {
      if (isThere) renameSync(last, target);
      throw error;
    }
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

function writeAll(directory: string, { manifest, files }: PackedCollector, note: InstallNote): void {
  const texts = { [manifestFile]: manifest, [noteFile]: note };
  const all = new Map([
    ...files,
    ...Object.entries(texts).map(([path, value]) => [path, Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`)] as const),
  ]);
  makeDirectory(directory);
  for (const [path, content] of all) {
    const file = join(directory, path);
    makeDirectory(dirname(file));
    writeFileSync(file, content, { flag: "wx", mode: fileMode });
    chmodSync(file, fileMode);
  }
}

function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  makeDirectory(dirname(directory));
  mkdirSync(directory);
  chmodSync(directory, directoryMode);
}

/**
 * Removes an installed collector.
 * @returns what was removed
 * @throws TraceError `INSTALL` when it is not there, or was not installed by this program
 */
export function uninstall(name: string, parent: string): InstallNote {
  const target = join(parent, name);
  const what = `Cannot remove collector ${name}`;
  const note = installedIn(target);
  if (note === undefined || note.name !== name) {
    const reason = existsSync(target) ? `${target} was not installed by this command` : `${target} does not exist`;
    throw notInstalled(what, reason, "'retis collector list' shows where each collector is; --collector-dir names the directory of others");
  }
  try {
    rmSync(target, { recursive: true });
  } catch (error) {
    throw notInstalled(what, reasonOf(error), "Run as root");
  }
  return note;
}
