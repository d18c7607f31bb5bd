/**
 * Builds `dist/retis`: compiles every BPF program, collects the shared libraries that the executable carries, and bundles
 * all of it. `scripts/bun build.ts [--arch x64|arm64] [--bpf-only]`.
 *
 * The executable never reads `bunfig.toml` or `.env` from the working directory: it runs as root, and both could make it
 * run code of whoever owns that directory.
 */
import { $, Glob } from "bun";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { bpfFlags, findLlvmTool } from "./scripts/clang.ts";
import { addEntry } from "./scripts/entry/add-entry.ts";
import { compileEntry } from "./scripts/entry/compile-entry.ts";
import { carriedLibraries, libpcap, sharedLibraries } from "./scripts/libraries.ts";
import { bunNotice, debianNotice, noticesText, npmNotice, npmPackages, upstreamVersion } from "./scripts/notices.ts";

type Arch = "x64" | "arm64";

const root = import.meta.dir;
const nativeDirectory = join(root, "core/libbpf/native");
const noticesFile = join(root, "core/command/licenses/notices.txt");
/** Small libraries of our own: directories under core, and what is in them. */
const ownLibraries = [
  ["core/file/native", "cbor-json"],
  ["core/kernel/native", "name-index"],
  ["core/pattern/native", "event-match"],
  ["core/signals/native", "stop-signals"],
  ["core/privileges/native", "thread-privileges"],
] as const;
const pcapDirectory = join(root, "core/libpcap/native");
const loaders: Readonly<Record<Arch, string>> = { x64: "ld-linux-x86-64.so.2", arm64: "ld-linux-aarch64.so.1" };
const multiarch: Readonly<Record<Arch, string>> = { x64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" };
const debianArch: Readonly<Record<Arch, string>> = { x64: "amd64", arm64: "arm64" };

function llvmTool(name: string): string {
  const found = findLlvmTool(name);
  if (!found) throw new Error(`Cannot build: ${name} is not installed (run scripts/setup)`);
  return found;
}

async function compileBpf(arch: Arch): Promise<void> {
  const clang = llvmTool("clang");
  const strip = llvmTool("llvm-strip");
  const directories = ["bpf/probe", "bpf/filter", "bpf/fields", "collectors/*", "collectors/*/hooks"];
  const sources = directories.flatMap((directory) => [...new Glob(`${directory}/*.bpf.c`).scanSync(root)]).sort();
  const flags = bpfFlags(join(root, "bpf/include"), arch === "x64" ? "x86" : "arm64");
  for (const source of sources) {
    const object = join(root, source.replace(/\.c$/, ".o"));
    await $`${clang} ${flags} -c ${join(root, source)} -o ${object}`;
    // Debug sections other than BTF are of no use at run time.
    await $`${strip} -g ${object}`;
  }
  console.log(`${sources.length} BPF objects compiled with ${clang}`);
}

/** Where the file is under `base`; `debian` is the package that brings it. */
function findLibrary(arch: Arch, base: string, file: string, debian: string): string {
  const directories = [`usr/lib/${multiarch[arch]}`, `lib/${multiarch[arch]}`, "usr/lib64", "lib64", "usr/lib"];
  const found = directories.map((directory) => join(base, directory, file)).find(existsSync);
  if (!found) throw new Error(`Cannot build: ${file} is missing (it comes with package ${debian})`);
  return found;
}

/** Links a shared libpcap that needs nothing but the C library, from the libraries under `base`. */
async function linkLibpcap(arch: Arch, base: string): Promise<void> {
  const archive = findLibrary(arch, base, libpcap.archive, libpcap.debian);
  // arm64 keeps the stack guard in the dynamic loader.
  const libc = [libpcap.libc, loaders[arch]].map((file) => findLibrary(arch, base, file, libpcap.libcDebian));
  const work = mkdtempSync(join(tmpdir(), "retis-libpcap-"));
  try {
    const absent = join(work, "absent.o");
    const cFlags = ["-O2", "-fPIC", "-ffreestanding", "-Wall", "-Wextra", "-Werror", "-Wno-incompatible-library-redeclaration"];
    await $`${llvmTool("clang")} ${cFlags} --target=${multiarch[arch]} -c ${join(pcapDirectory, "absent.c")} -o ${absent}`;
    const ldFlags = [
      "-shared",
      "-soname",
      "libpcap.so",
      `--version-script=${join(pcapDirectory, "exported.map")}`,
      "--gc-sections",
      "--strip-all",
      "-z",
      "defs",
      "--as-needed",
    ];
    await $`${llvmTool("ld.lld")} ${ldFlags} ${absent} --whole-archive ${archive} --no-whole-archive ${libc} -o ${join(pcapDirectory, "libpcap.so")}`;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Compiles the libraries of our own; what they call is in the C library, which every process has loaded. */
async function compileOwnLibraries(arch: Arch): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), "retis-own-libraries-"));
  const cFlags = ["-O2", "-fPIC", "-ffreestanding", "-Wall", "-Wextra", "-Werror", `--target=${multiarch[arch]}`];
  try {
    for (const [directory, name] of ownLibraries) {
      const [path, object] = [join(root, directory, name), join(work, `${name}.o`)];
      await $`${llvmTool("clang")} ${cFlags} -c ${path}.c -o ${object}`;
      await $`${llvmTool("ld.lld")} -shared -soname ${name}.so --strip-all ${object} -o ${path}.so`;
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Version of a Debian package, by its name. */
type VersionOf = (debian: string) => string;

/** Takes the libraries under `base`: the root of this machine, or a directory that packages were unpacked to. */
async function takeLibraries(arch: Arch, base: string, versionOf: VersionOf): Promise<void> {
  for (const { file, soname, debian } of sharedLibraries)
    copyFileSync(findLibrary(arch, base, soname, debian), join(nativeDirectory, file));
  await linkLibpcap(arch, base);
  writeNotices(base, versionOf);
}

/** Writes what `retis --licenses` prints. Throws when anything in the executable comes without a notice. */
function writeNotices(base: string, versionOf: VersionOf): void {
  const notices = [
    bunNotice(root, Bun.version),
    ...carriedLibraries.map((library) => debianNotice(base, library, versionOf(library.debian))),
    ...npmPackages(root).map((name) => npmNotice(root, name)),
  ];
  mkdirSync(dirname(noticesFile), { recursive: true });
  writeFileSync(noticesFile, noticesText(notices));
}

function installedVersion(debian: string): string {
  const { stdout } = Bun.spawnSync(["dpkg-query", "--status", debian]);
  const version = /^Version: (.*)$/m.exec(stdout.toString())?.[1];
  if (version === undefined) throw new Error(`Cannot find the version of package ${debian}`);
  return version;
}

/** Unpacks another architecture's libraries from Debian packages, with apt state of its own: nothing on the host changes. Returns their versions. */
async function downloadLibraries(arch: Arch): Promise<VersionOf> {
  const work = mkdtempSync(join(tmpdir(), "retis-libraries-"));
  try {
    mkdirSync(join(work, "lists/partial"), { recursive: true });
    mkdirSync(join(work, "cache/archives/partial"), { recursive: true });
    writeFileSync(join(work, "status"), "");
    const options = [
      `Dir::State::Lists=${work}/lists`,
      `Dir::State::Status=${work}/status`,
      `Dir::Cache=${work}/cache`,
      `APT::Architecture=${debianArch[arch]}`,
      `APT::Architectures=${debianArch[arch]}`,
      "APT::Sandbox::User=root",
    ].flatMap((option) => ["-o", option]);
    await $`apt-get -qq ${options} update`.quiet();
    await $`apt-get -qq ${options} download ${[...carriedLibraries.map(({ debian }) => debian), libpcap.libcDebian]}`.cwd(work).quiet();
    const versions = new Map<string, string>();
    for (const archive of new Glob("*.deb").scanSync(work)) {
      const path = join(work, archive);
      await $`dpkg-deb -x ${path} ${join(work, "root")}`.quiet();
      versions.set((await $`dpkg-deb -f ${path} Package`.text()).trim(), (await $`dpkg-deb -f ${path} Version`.text()).trim());
    }
    await takeLibraries(arch, join(work, "root"), (debian) => versions.get(debian) ?? "unknown");
    return (debian) => versions.get(debian) ?? "unknown";
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The commit that is built, with `modified` when the tree differs from it; `unknown` where git does not say. */
async function commitOf(): Promise<string> {
  const head = await $`git -C ${root} rev-parse --short=12 HEAD`.quiet().nothrow();
  const status = await $`git -C ${root} status --porcelain --untracked-files=no`.quiet().nothrow();
  if (head.exitCode !== 0 || status.exitCode !== 0) return "unknown";
  return head.text().trim() + (status.text() === "" ? "" : ", modified");
}

/** Throws when the bundle has code of an npm package without a notice. */
function assertNoticed(inputs: readonly string[]): void {
  const bundled = new Set(inputs.flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []));
  if (bundled.size === 0) throw new Error("Cannot find out which npm packages are in the bundle");
  const missing = [...bundled].filter((name) => !npmPackages(root).includes(name));
  if (missing.length > 0) throw new Error(`Cannot bundle without the notices of ${missing.join(", ")}: see scripts/notices.ts`);
}

/** What completion needs to know of commands (core/completion/command-table.ts), as JSON; made by the program itself. */
async function commandTable(): Promise<string> {
  return $`${process.execPath} ${join(root, "core/main.ts")} __commands`.text();
}

async function bundle(arch: Arch, outfile: string, libbpf: string): Promise<void> {
  mkdirSync(dirname(outfile), { recursive: true });
  const result = await Bun.build({
    entrypoints: [join(root, "core/main.ts"), join(root, "core/worker.ts")],
    compile: { target: `bun-linux-${arch}`, outfile, autoloadDotenv: false, autoloadBunfig: false },
    format: "esm",
    // What a command does not use is not even read.
    splitting: true,
    // Parsed code in the executable takes 70 of 105 ms off every start. It is made by the Bun that runs here, so it is left
    // out for another architecture.
    bytecode: arch === hostArch,
    minify: { whitespace: true, syntax: true, identifiers: false },
    sourcemap: "none",
    define: {
      RETIS_BUILD: JSON.stringify({ commit: await commitOf(), libbpf }),
      ...(arch === hostArch && { RETIS_COMMANDS: JSON.stringify(await commandTable()) }),
    },
    metafile: true,
  });
  for (const log of result.logs) console.error(String(log));
  if (!result.success) throw new Error(`Cannot bundle ${basename(outfile)}`);
  assertNoticed(Object.keys(result.metafile?.inputs ?? {}));
  writeFileSync(outfile, addEntry(readFileSync(outfile), await compileEntry(multiarch[arch])));
}

const { values } = parseArgs({ options: { arch: { type: "string" }, "bpf-only": { type: "boolean" } } });
const hostArch: Arch = process.arch === "arm64" ? "arm64" : "x64";
const arch = (values.arch ?? hostArch) as Arch;
if (!(arch in multiarch)) throw new Error(`Cannot build for ${arch}: x64 and arm64 are supported`);

mkdirSync(nativeDirectory, { recursive: true });
await compileBpf(arch);
await compileOwnLibraries(arch);
let versionOf: VersionOf = installedVersion;
if (arch === hostArch) await takeLibraries(arch, "/", installedVersion);
else versionOf = await downloadLibraries(arch);
if (!values["bpf-only"]) {
  const outfile = join(root, "dist", arch === hostArch ? "retis" : `retis-${arch}`);
  await bundle(arch, outfile, upstreamVersion(versionOf("libbpf1")));
  console.log(`wrote dist/${basename(outfile)}`);
}
if (arch !== hostArch) {
  // The tree must go on working for this machine.
  await compileBpf(hostArch);
  await compileOwnLibraries(hostArch);
  await takeLibraries(hostArch, "/", installedVersion);
}
