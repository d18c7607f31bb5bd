/** `retis collector pack`, `install` and `remove`, and packed files in place of directories, as authors and users type them. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { writeCollectorTemplate } from "../../core/command/collector/template.ts";
import { writeTar } from "../../core/packed/tar-file.ts";
import { mustRun, runCommand } from "../support/command.ts";

setDefaultTimeout(60_000);

const main = join(import.meta.dir, "../../core/main.ts");
const clang = [19, 20, 18, 17, 16, 15, 14].map((version) => Bun.which(`clang-${version}`)).find(Boolean) ?? Bun.which("clang");

describe.skipIf(!clang)(`packed collectors${clang ? "" : " (needs clang)"}`, () => {
  const base = mkdtempSync(join(tmpdir(), "retis-packs-"));
  const author = join(base, "length");
  const file = join(base, "length-0.1.0.retis-collector");
  const installed = join(base, "installed");

  const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    runCommand([process.execPath, main, ...args], { cwd: base, env: { HOME: base, ...env } });

  beforeAll(async () => {
    writeCollectorTemplate("length", author);
    await mustRun(["make", "--silent", "-C", author]);
    mkdirSync(join(author, "node_modules/units"), { recursive: true });
    writeFileSync(
      join(author, "node_modules/units/package.json"),
      '{"name":"units","version":"1.0.0","license":"ISC","main":"lib/main.js"}',
    );
    writeFileSync(join(author, "node_modules/units/LICENSE"), "ISC");
    mkdirSync(join(author, "node_modules/units/lib"));
    writeFileSync(join(author, "node_modules/units/lib/main.js"), "export const unit = 'bytes';");
    const section = join(author, "section.ts");
    const text = readFileSync(section, "utf8");
    writeFileSync(section, `import { unit } from "units";\n${text.replace(`length \${length}`, `length \${length} \${unit}`)}`);
    const { status, stdout, stderr } = await run(["collector", "pack", author]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const sum = createHash("sha256").update(readFileSync(file)).digest("hex");
    expect(stdout).toBe(`Packed length 0.1.0: length-0.1.0.retis-collector, 8 files, ${readFileSync(file).length} bytes\nSHA-256 ${sum}\n`);
  });
  afterAll(() => rmSync(base, { recursive: true }));

  test("packing a copy, older and with other tests, gives the same bytes", async () => {
    const copy = join(base, "copy");
    cpSync(author, copy, { recursive: true });
    for (const name of readdirSync(copy)) utimesSync(join(copy, name), 1, 1);
    writeFileSync(join(copy, "test/more.json"), "[]");
    chmodSync(join(copy, "section.ts"), 0o600);
    expect((await run(["collector", "pack", "copy", "-o", "copy.retis-collector"])).status).toBe(0);
    expect(readFileSync(join(base, "copy.retis-collector")).equals(readFileSync(file))).toBe(true);
  });

  test.each([
    ["a fault that the test finds", "section.ts", "length: U32({", "size: U32({", /Cannot pack .*: schema: .*\[PACK\]/],
    ["no version", "package.json", '"version": "0.1.0",', "", /package\.json has no version/],
    [
      "an import from outside",
      "section.ts",
      'from "units"',
      'from "../outside.ts"',
      /which is outside the directory|outside this directory/,
    ],
  ])("a directory with %s is not packed", async (_, name, from, to, message) => {
    writeFileSync(join(base, "outside.ts"), "export const unit = 'bytes';");
    const directory = join(base, `bad-${name}-${to.length}`);
    cpSync(author, directory, { recursive: true });
    writeFileSync(join(directory, name), readFileSync(join(directory, name), "utf8").replace(from, to));
    const { status, stderr } = await run(["collector", "pack", directory, "-o", "bad.retis-collector"]);
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(message) });
    expect(existsSync(join(base, "bad.retis-collector"))).toBe(false);
  });

  test("a packed file is used as a directory is: described, tested, shown", async () => {
    const shown = await run(["collector", "show", file]);
    expect(shown).toMatchObject({ status: 0, stdout: expect.stringContaining(`From: ${file}`) });
    expect((await run(["collect", "-c", file, "--help"])).stdout).toContain("--length-min-length");
    const tested = await run(["collector", "test", file]);
    expect(tested).toMatchObject({ status: 0, stdout: expect.stringMatching(/^ok {4}format {4}section length, 500 made-up values$/m) });
    const shop = join(base, "shop");
    mkdirSync(shop);
    cpSync(file, join(shop, "length.retis-collector"));
    expect((await run(["collector", "list", "--collector-dir", shop])).stdout).toContain(`(0.1.0, ${shop}/length.retis-collector)`);
  });

  test("events are printed with the text of a packed collector", async () => {
    const machine = { kernel_release: "6.12", kernel_version: "#1", hardware_name: "x86_64" };
    const startup = { retis_version: "v1.7.0", cmdline: "retis", clock_monotonic_offset: { sec: 1, nsec: 0 }, machine };
    const events = [
      { common: { timestamp: 1 }, startup },
      { common: { timestamp: 2 }, length: { length: 84 } },
    ];
    writeFileSync(join(base, "events.json"), events.map((event) => `${JSON.stringify(event)}\n`).join(""));
    const { stdout, stderr } = await run(["print", "events.json", "-c", file, "--format", "single-line"]);
    expect({ stdout, stderr }).toEqual({ stdout: expect.stringMatching(/^2 length 84 bytes$/m), stderr: "" });
    const none = await run(["print", "events.json", "-c", "length"]);
    expect(none).toMatchObject({ status: 2, stderr: expect.stringContaining('Unknown collector "length"') });
  });

  test("installing puts it where it is found by name; removing takes it back", async () => {
    const install = await run(["collector", "install", file, "--collector-dir", installed]);
    expect(install).toMatchObject({ status: 0, stdout: `Installed length 0.1.0 in ${installed}/length\n`, stderr: "" });
    const list = await run(["collector", "list", "--collector-dir", installed]);
    expect(list.stdout).toContain(`length        The length of the packet (0.1.0 from ${file}, ${installed}/length)`);
    const printed = await run(["print", "events.json", "--collector-dir", installed, "--format", "single-line"]);
    expect(printed.stdout).toMatch(/^2 length 84 bytes$/m);
    const remove = await run(["collector", "remove", "length", "--collector-dir", installed]);
    expect(remove).toMatchObject({ status: 0, stdout: `Removed length 0.1.0 from ${installed}\n` });
    expect(await run(["collector", "remove", "length", "--collector-dir", installed])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("[INSTALL]"),
    });
  });

  test("a name that another collector has is refused, and nothing is installed", async () => {
    const home = join(base, "home-with-length");
    const own = join(home, ".config/retis/collectors");
    const first = await run(["collector", "install", file, "--collector-dir", own]);
    expect(first.status).toBe(0);
    const second = await run(["collector", "install", file, "--collector-dir", installed], { HOME: home });
    expect(second).toMatchObject({ status: 1, stdout: "" });
    expect(second.stderr).toContain(`Cannot install length in ${installed}: ${own}/length is a collector of this name`);
    expect(existsSync(join(installed, "length"))).toBe(false);
    const again = await run(["collector", "install", file, "--collector-dir", own], { HOME: home });
    expect(again.status).toBe(0);
  });

  test("a name that a built-in collector has is refused", async () => {
    const tar = gunzipSync(readFileSync(file)).toString("latin1");
    const path = join(base, "named-ct.retis-collector");
    // Of the same length, so that the archive stays as it is but for the sum of the header's bytes, which is of names of files.
    const renamed = tar.replace('"name": "length"', '"name": "ct"    ').replace('"name":"length"', '"name":"ct"    ');
    expect(renamed).not.toBe(tar);
    writeFileSync(path, gzipSync(Buffer.from(renamed, "latin1")));
    const { status, stderr } = await run(["collector", "install", path, "--collector-dir", installed]);
    expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining("a built-in collector has this name") });
    expect(existsSync(join(installed, "ct"))).toBe(false);
  });

  test("--sha256 and --key refuse another file, and install nothing", async () => {
    const wrong = await run(["collector", "install", file, "--collector-dir", installed, "--sha256", "0".repeat(64)]);
    expect(wrong).toMatchObject({ status: 1, stderr: expect.stringMatching(/its SHA-256 is [0-9a-f]{64} \[SIGNATURE\]/) });
    const { generateKeyPairSync, sign } = await import("node:crypto");
    const [ours, theirs] = [generateKeyPairSync("ed25519"), generateKeyPairSync("ed25519")];
    writeFileSync(join(base, "ours.pem"), ours.publicKey.export({ format: "pem", type: "spki" }));
    writeFileSync(join(base, "theirs.pem"), theirs.publicKey.export({ format: "pem", type: "spki" }));
    const unsigned = await run(["collector", "install", file, "--collector-dir", installed, "--key", "ours.pem"]);
    expect(unsigned.status).toBe(1);
    writeFileSync(`${file}.sig`, sign(null, readFileSync(file), ours.privateKey));
    const other = await run(["collector", "install", file, "--collector-dir", installed, "--key", "theirs.pem"]);
    expect(other).toMatchObject({ status: 1, stderr: expect.stringContaining("[SIGNATURE]") });
    expect(readdirSync(installed)).toEqual([]);
    const sum = createHash("sha256").update(readFileSync(file)).digest("hex");
    const right = await run(["collector", "install", file, "--collector-dir", installed, "--key", "ours.pem", "--sha256", sum]);
    expect(right).toMatchObject({ status: 0, stderr: "" });
  });

  describe.skipIf(Bun.which("npm") === null)("from npm (needs npm)", () => {
    const content = (files: Readonly<Record<string, Uint8Array | string>>) =>
      gzipSync(writeTar(new Map(Object.entries(files).map(([path, bytes]) => [`package/${path}`, Buffer.from(bytes)]))));
    const manifest = (name: string) =>
      JSON.stringify({ name, version: "0.1.0", scripts: { preinstall: "touch ran", prepack: "touch ran" } });
    let packages: Readonly<Record<string, Uint8Array>>;

    /** A registry on loopback. */
    const registry = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch(request) {
        const path = decodeURIComponent(new URL(request.url).pathname).slice(1);
        const tarball = packages[path.replace(/\.tgz$/, "")];
        if (tarball === undefined) return new Response("{}", { status: 404 });
        if (path.endsWith(".tgz")) return new Response(tarball);
        const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
        const version = { name: path, version: "0.1.0", dist: { tarball: `${new URL(request.url).origin}/${path}.tgz`, integrity } };
        return Response.json({ name: path, "dist-tags": { latest: "0.1.0" }, versions: { "0.1.0": version } });
      },
    });
    beforeAll(() => {
      packages = {
        "retis-length": content({ "package.json": manifest("retis-length"), "length-0.1.0.retis-collector": readFileSync(file) }),
        "retis-nothing": content({ "package.json": manifest("retis-nothing") }),
      };
    });
    afterAll(() => registry.stop(true));

    const fromNpm = (name: string) =>
      run(["collector", "install", `npm:${name}`, "--collector-dir", join(base, "from-npm")], {
        npm_config_registry: registry.url.href,
        npm_config_cache: join(base, "npm-cache"),
        npm_config_update_notifier: "false",
      });

    test("the packed file in a package is installed", async () => {
      expect(await fromNpm("retis-length@0.1.0")).toMatchObject({ status: 0, stdout: expect.stringContaining("Installed length 0.1.0") });
      const list = await run(["collector", "list", "--collector-dir", join(base, "from-npm")]);
      expect(list.stdout).toContain("0.1.0 from npm:retis-length@0.1.0");
    });

    test.each([
      ["retis-nothing", "0 files *.retis-collector"],
      ["retis-absent", "npm pack failed"],
      ["../length", "not the name of an npm package"],
      ["--registry=x", "not the name of an npm package"],
      ["git+ssh://x", "not the name of an npm package"],
    ])("npm:%s is refused", async (name, message) => {
      expect(await fromNpm(name)).toMatchObject({ status: 1, stderr: expect.stringContaining(message) });
    });
  });
});
