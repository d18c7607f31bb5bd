import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { log } from "../base/log.ts";
import { ProfileLibrary } from "./profile-library.ts";

const home = mkdtempSync(join(tmpdir(), "retis-profiles-"));
const own = join(home, ".config/retis/profiles");
const extra = join(home, "extra");
const work = join(home, "work");
const before = process.cwd();
const warnings: string[] = [];
let writer: ReturnType<typeof log.setLineWriter>;

beforeAll(() => {
  for (const directory of [own, extra, work]) mkdirSync(directory, { recursive: true });
  process.chdir(work);
  writer = log.setLineWriter((line) => void warnings.push(line));
});
afterAll(() => {
  process.chdir(before);
  log.setLineWriter(writer);
  rmSync(home, { recursive: true });
});

function write(directory: string, file: string, ...names: readonly string[]): string {
  const path = join(directory, file);
  writeFileSync(path, names.map((name) => `version: 1.0\nname: ${name}\nabout: In ${file}\n`).join("---\n"));
  return path;
}

const library = new ProfileLibrary(extra, home);
const source = async (item: string) => (await library.find(item)).source;
const fault = (item: string) =>
  library.find(item).then(
    () => undefined,
    (error) => ({ message: error.message, hint: error.options.hint }),
  );

describe("names", () => {
  test("the extra directory first, then that of the user, then what is built in", async () => {
    expect(await source("generic")).toBe("built in");
    const personal = write(own, "own.yaml", "generic");
    expect(await source("generic")).toBe(personal);
    const first = write(extra, "first.yml", "other", "generic");
    expect(await source("generic")).toBe(first);
    expect(await new ProfileLibrary(undefined, home).find("generic")).toMatchObject({ source: personal });
  });

  test("a file of the working directory with that name is not taken", async () => {
    write(work, "dropmon", "evil");
    write(work, "nothing", "evil");
    expect(await source("dropmon")).toBe("built in");
    expect((await fault("nothing"))?.message).toBe('Unknown profile "nothing"');
  });

  test("a misspelt name", async () => {
    expect((await fault("dropmonn"))?.hint).toStartWith(
      'Did you mean "dropmon"? Profiles: dropmon, drops-tcp, generic, ifdump, nft-dropmon, other, tcp-resets;',
    );
  });

  test("files that cannot be read are skipped, and reported when nothing is found", async () => {
    const path = join(extra, "broken.yaml");
    writeFileSync(path, "name: [");
    write(extra, "text.txt", "hidden");
    expect(await source("other")).toBe(join(extra, "first.yml"));
    expect(warnings).toEqual([]);
    await fault("hidden");
    expect(warnings.join()).toContain(`Cannot use profile file ${path}: it is not valid YAML`);
    rmSync(path);
  });

  test("the same name twice in one directory is an error, in two directories it is not", async () => {
    const one = write(own, "a.yaml", "twice");
    const two = write(own, "b.yaml", "twice");
    expect((await fault("twice"))?.message).toBe(`Cannot use profile file ${two}: ${one} has another profile "twice"`);
    const same = write(own, "c.yaml", "same", "same");
    expect((await fault("same"))?.message).toBe(`Cannot use profile file ${same}: it has another profile "same"`);
    for (const path of [two, same]) rmSync(path);
    write(extra, "z.yaml", "twice");
    expect(await source("twice")).toBe(join(extra, "z.yaml"));
  });

  test("an extra directory that is not there is left out with one warning", async () => {
    warnings.length = 0;
    const nowhere = join(home, "nowhere");
    const library = new ProfileLibrary(nowhere, home);
    expect((await library.find("generic")).name).toBe("generic");
    await library.list();
    expect(warnings.filter((text) => text.includes(`Profile directory ${nowhere} left out: ENOENT`))).toHaveLength(1);
  });
});

describe("paths", () => {
  test("with a slash, or as a YAML file of the working directory", async () => {
    write(work, "one.yaml", "one");
    expect(await source("./one.yaml")).toBe("./one.yaml");
    expect(await source("one.yaml")).toBe("one.yaml");
    expect(await source("./one.yaml#one")).toBe("./one.yaml");
    expect((await fault("./two.yaml"))?.message).toContain("Cannot use profile file ./two.yaml: ENOENT");
  });

  test("several profiles in one file", async () => {
    write(work, "many.yaml", "alpha", "beta");
    expect((await library.find("./many.yaml#beta")).name).toBe("beta");
    expect(await fault("many.yaml")).toEqual({
      message: "Cannot use profile file many.yaml: it has several profiles",
      hint: "Choose one: many.yaml#alpha, many.yaml#beta",
    });
    expect(await fault("./many.yaml#bta")).toEqual({
      message: 'Cannot use profile file ./many.yaml: it has no profile "bta"',
      hint: "Did you mean ./many.yaml#beta?",
    });
  });

  test("a file that is really called so wins over the mark", async () => {
    write(work, "odd#name", "odd");
    expect((await library.find("./odd#name")).name).toBe("odd");
  });

  test("nothing in it, and another version", async () => {
    writeFileSync("empty.yaml", "# nothing\n");
    writeFileSync("next.yaml", "version: 2.0\nname: next\n");
    expect((await fault("./empty.yaml"))?.message).toContain("it has no profile");
    expect((await fault("./next.yaml"))?.message).toContain('profile "next" is in format 2.0, and this retis reads 1.x');
  });
});

describe.skipIf(process.getuid?.() !== 0)("as root, a profile of another user (needs root)", () => {
  const stranger = 65534;
  const other = mkdtempSync(join(tmpdir(), "retis-profiles-other-"));
  const directory = join(other, ".config/retis/profiles");
  const theirs = new ProfileLibrary(undefined, other);
  afterAll(() => rmSync(other, { recursive: true }));

  test("does not take the place of a shipped one, which is said", async () => {
    mkdirSync(directory, { recursive: true });
    const path = write(directory, "evil.yaml", "dropmon", "evil");
    chownSync(path, stranger, stranger);
    warnings.length = 0;
    expect((await theirs.find("dropmon")).source).toBe("built in");
    expect(warnings.join("\n")).toContain(
      `Cannot use profile file ${path}: ${path} belongs to uid ${stranger}, not to root or the caller; left out`,
    );
    await expect(theirs.find("evil")).rejects.toThrow('Unknown profile "evil"');
  });

  test("is refused by its path, and through a link of root", async () => {
    const path = join(directory, "evil.yaml");
    symlinkSync(path, join(work, "link.yaml"));
    for (const item of [`${path}#evil`, "./link.yaml#evil", "link.yaml#evil"]) {
      await expect(theirs.find(item)).rejects.toMatchObject({ code: "UNSAFE_PROFILE" });
    }
  });

  test("is refused when the file is root's, and a directory above is not", async () => {
    chownSync(join(directory, "evil.yaml"), 0, 0);
    chownSync(other, stranger, stranger);
    expect((await theirs.find("dropmon")).source).toBe("built in");
    expect((await theirs.list())[0]).toMatchObject({
      profiles: [],
      problems: [expect.stringContaining(`${other} belongs to uid ${stranger}`)],
    });
  });
});

test("the list has each file, what is wrong with it, and the shipped profiles at last", async () => {
  writeFileSync(join(extra, "broken.yaml"), "name: [");
  const files = await library.list();
  expect(files.map((file) => file.source)).toEqual([
    join(extra, "broken.yaml"),
    join(extra, "first.yml"),
    join(extra, "z.yaml"),
    join(own, "a.yaml"),
    join(own, "own.yaml"),
    "built in",
  ]);
  expect(files[0]!.problems[0]).toStartWith("Cannot use profile file");
  expect(files.at(-1)!.profiles.map(({ name }) => name)).toEqual([
    "dropmon",
    "drops-tcp",
    "nft-dropmon",
    "tcp-resets",
    "generic",
    "ifdump",
  ]);
});
