/**
 * Notices of the third-party software that the executable carries: `retis --licenses` prints them. They are made while
 * building, from what the installed packages say about themselves, so they are those of the versions in the executable.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CarriedLibrary } from "./libraries.ts";

/** A component of the executable. */
export interface Notice {
  readonly name: string;
  readonly version: string;
  /** Its license in short, an SPDX expression where there is one. */
  readonly license: string;
  /** The license texts and copyright notices that come with it. */
  readonly text: string;
}

/** Licences of libraries inside Bun that Debian keeps a text of; Bun's own page only names them. */
const licensesInBun = ["LGPL-2", "LGPL-2.1", "Apache-2.0"] as const;

const commonLicenses = "/usr/share/common-licenses";

interface Manifest {
  readonly version: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

function manifestOf(root: string, name: string): Manifest {
  return JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8"));
}

/**
 * The npm packages that end up in the executable: the dependencies of package.json and theirs, without Bun itself, which
 * {@link bunNotice} is for. Optional dependencies are not part of it: the bundler leaves them out.
 */
export function npmPackages(root: string): readonly string[] {
  const found = new Set<string>();
  const visit = ({ dependencies = {} }: Manifest): void => {
    for (const name of Object.keys(dependencies)) {
      if (name === "bun" || found.has(name)) continue;
      found.add(name);
      visit(manifestOf(root, name));
    }
  };
  visit(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));
  return [...found].sort();
}

/** The notice of an installed npm package. Throws when it has no license file. */
export function npmNotice(root: string, name: string): Notice {
  const directory = join(root, "node_modules", name);
  const { version, license } = manifestOf(root, name);
  const files = readdirSync(directory).filter((file) => /^(licen[cs]e|copying|notice)(\.(md|txt))?$/i.test(file));
  if (license === undefined || files.length === 0) throw new Error(`Cannot write notices: npm package ${name} has no license file`);
  return { name, version, license, text: files.map((file) => readFileSync(join(directory, file), "utf8")).join("\n") };
}

/**
 * The notice of Bun, from the documentation in `bun-types`. Throws when that is of another version than the Bun that
 * builds, and so not about what goes into the executable.
 */
export function bunNotice(root: string, version: string): Notice {
  const types = manifestOf(root, "bun-types").version;
  if (types !== version) throw new Error(`Cannot write notices: bun-types is ${types}, and the executable carries Bun ${version}`);
  const page = readFileSync(join(root, "node_modules/bun-types/docs/project/license.mdx"), "utf8").replace(/^---\n[\s\S]*?\n---\n/, "");
  const ownLicense = readFileSync(join(root, "LICENSE"), "utf8");
  const mit = ownLicense.slice(ownLicense.indexOf("Permission is hereby granted"));
  const texts = licensesInBun.map((name) => `${commonLicenses}/${name}`).join(", ");
  return {
    name: "Bun",
    version,
    license: "MIT; libraries inside it under their own, see below",
    text: `${page}\nThe MIT license:\n\n${mit}\nSee also ${texts}\n`,
  };
}

/** The notice of a library whose package's files are under `base`. Throws when it has no copyright file. */
export function debianNotice(base: string, { name, debian, license }: CarriedLibrary, version: string): Notice {
  const path = join(base, "usr/share/doc", debian, "copyright");
  if (!existsSync(path)) throw new Error(`Cannot write notices: package ${debian} has no ${path}`);
  return { name, version: upstreamVersion(version), license, text: readFileSync(path, "utf8") };
}

/** `1.1.2` of a Debian version such as `1:1.1.2-0+deb12u1`. */
export function upstreamVersion(version: string): string {
  return version.replace(/^\d+:/, "").replace(/-[^-]*$/, "");
}

const rule = "=".repeat(80);

/** The whole text: a list, the notice of each component, and each license text that the notices refer to, once. */
export function noticesText(notices: readonly Notice[]): string {
  const list = notices.map(({ name, version, license }) => `  ${name} ${version}: ${license}`);
  const referred = new Set(
    notices.flatMap(({ text }) => [...text.matchAll(/\/usr\/share\/common-licenses\/([\w.-]*\w)/g)].map((match) => match[1]!)),
  );
  const texts = [...referred].sort().map((name) => block(`${commonLicenses}/${name}`, readFileSync(join(commonLicenses, name), "utf8")));
  return [
    "retis itself is under the MIT license. This executable carries:",
    "",
    ...list,
    "",
    ...notices.map(({ name, version, text }) => block(`${name} ${version}`, text)),
    ...texts,
  ].join("\n");
}

/** Without form feeds: printed, they would be control characters of the terminal. */
function block(title: string, text: string): string {
  return `${rule}\n${title}\n${rule}\n\n${text.replaceAll("\f", "").trim()}\n`;
}
