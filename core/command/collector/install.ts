import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { notInstalled, optionNeedsOther, otherChecksum, reasonOf } from "../../base/errors.ts";
import type { LoadedCollector } from "../../api/loaded-collector.ts";
import { writeAnswer } from "../../cli/answer.ts";
import type { CommandBody } from "../../cli/cli-command.ts";
import { install, systemDirectory } from "../../packed/installed.ts";
import { parsePacked, readBytes, sha256 } from "../../packed/packed-collector.ts";
import { packedEnding } from "../../packed/packed-ending.ts";
import { assertSigned } from "../../packed/signature.ts";
import { readTar } from "../../packed/tar-file.ts";

interface InstallOptions {
  readonly collectorDir?: string;
  readonly sha256?: string;
  readonly key?: string;
  readonly signature?: string;
}

const npmPrefix = "npm:";
/** A package of a registry: no paths, addresses or options of npm. */
const npmPackage = /^(@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*(@[0-9A-Za-z.+-]+)?$/;
const npmTimeoutMs = 120_000;
const maxTarBytes = 128 << 20;

/** `retis collector install FILE`: a packed collector for everybody on this host. Nothing of it is run. */
export const collectorInstall: CommandBody = {
  define(parser, { context }) {
    parser
      .argument("<file>", `File of 'retis collector pack', or ${npmPrefix}PACKAGE[@VERSION] for an npm package that has one`)
      .option("--collector-dir <dir>", `Directory of collectors to install into (default: ${systemDirectory})`)
      .option("--sha256 <sum>", "Install only if the file has this SHA-256 checksum")
      .option("--key <file>", "Install only if the file was signed with this Ed25519 key: of minisign, or in PEM")
      .option("--signature <file>", "File of the signature (default: FILE.minisig, or FILE.sig for a key in PEM)");
    return async () => {
      const options = parser.opts<InstallOptions>();
      if (options.signature !== undefined && options.key === undefined) throw optionNeedsOther("--signature", "--key");
      const source = parser.args[0]!;
      const found = source.startsWith(npmPrefix) ? fromNpm(source.slice(npmPrefix.length)) : fromFile(source, options);
      assertGenuine(found, options);
      const collector = parsePacked(source, found.bytes);
      const parent = options.collectorDir ?? systemDirectory;
      assertNameFree(collector.manifest.name, parent, await context.loadCollectors({ directories: [], paths: [], names: [], quiet: true }));
      const { key } = options;
      const before = install(collector, parent, { source, ...(key !== undefined && { key }) });
      const { name, version } = collector.manifest;
      const replaced = before === undefined || before === version ? "" : `, in place of ${before}`;
      writeAnswer(`Installed ${name} ${version} in ${join(parent, name)}${replaced}\n`);
      return 0;
    };
  },
};

/** Of two collectors with one name, `-c NAME` would never use the second. @throws TraceError `INSTALL` */
function assertNameFree(name: string, parent: string, loaded: readonly LoadedCollector[]): void {
  const target = join(parent, name);
  const earlier = existsSync(target) ? realpathSync(target) : undefined;
  const other = loaded.find(({ collector, directory }) => collector.name === name && (directory === undefined || directory !== earlier));
  if (other === undefined) return;
  const what = `Cannot install ${name} in ${parent}`;
  if (other.directory === undefined)
    throw notInstalled(what, "a built-in collector has this name", "Its author has to give it another name");
  throw notInstalled(
    what,
    `${other.directory} is a collector of this name`,
    "Remove that one first: retis collector remove, or delete its directory",
  );
}

interface Found {
  /** For messages. */
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Where the signature is if no option says so; undefined when there is none. */
  readonly signature: { readonly path: string; readonly bytes: Uint8Array } | undefined;
}

function fromFile(path: string, { key, signature }: InstallOptions): Found {
  const bytes = readBytes(path);
  if (key === undefined) return { path, bytes, signature: undefined };
  const named = signature ?? [`${path}.minisig`, `${path}.sig`].find((file) => existsSync(file)) ?? `${path}.minisig`;
  return { path, bytes, signature: { path: named, bytes: readBytes(named) } };
}

/** What is installed is what was checked: both are the same bytes. */
function assertGenuine({ path, bytes, signature }: Found, options: InstallOptions): void {
  const sum = sha256(bytes);
  if (options.sha256 !== undefined && options.sha256.toLowerCase() !== sum) throw otherChecksum(path, sum);
  if (options.key !== undefined) assertSigned({ path, bytes }, readBytes(options.key), signature?.bytes);
}

/** The packed collector in an npm package, which npm fetches; none of the package's scripts are run. */
function fromNpm(specifier: string): Found {
  const what = `Cannot install ${npmPrefix}${specifier}`;
  if (!npmPackage.test(specifier)) throw notInstalled(what, "this is not the name of an npm package", "Write npm:NAME or npm:NAME@VERSION");
  const npm = Bun.which("npm");
  if (npm === null) throw notInstalled(what, "npm is not installed", "Install npm, or fetch the file and install that");
  const directory = mkdtempSync(join(tmpdir(), "retis-npm-"));
  try {
    const { exitCode, stderr } = Bun.spawnSync([npm, "pack", specifier, "--ignore-scripts", "--pack-destination", directory], {
      stdin: "ignore",
      cwd: directory,
      timeout: npmTimeoutMs,
      env: { ...process.env, npm_config_ignore_scripts: "true" },
    });
    if (exitCode !== 0) throw new Error(`npm pack failed: ${stderr.toString().trim().split("\n").slice(0, 3).join(" ")}`);
    const tarball = readdirSync(directory).find((name) => name.endsWith(".tgz"));
    if (tarball === undefined) throw new Error("npm pack gave no package");
    return packedWithin(specifier, readFileSync(join(directory, tarball)));
  } catch (error) {
    throw notInstalled(
      what,
      reasonOf(error),
      "See that 'npm pack PACKAGE' works, and that the package has a file of 'retis collector pack'",
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function packedWithin(specifier: string, tarball: Uint8Array): Found {
  const files = readTar(gunzipSync(tarball, { maxOutputLength: maxTarBytes }));
  const names = [...files.keys()].filter((name) => name.endsWith(packedEnding));
  const [name, second] = names;
  if (name === undefined || second !== undefined) throw new Error(`the package has ${names.length} files *${packedEnding}, and needs one`);
  const signatureName = [`${name}.minisig`, `${name}.sig`].find((file) => files.has(file));
  const signature = signatureName === undefined ? undefined : { path: signatureName, bytes: files.get(signatureName)! };
  return { path: `${npmPrefix}${specifier}`, bytes: files.get(name)!, signature };
}
