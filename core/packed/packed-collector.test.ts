import { afterAll, describe, expect, test } from "bun:test";
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { Header } from "tar/header";
import { Random } from "../../test/support/random.ts";
import { TraceError } from "../base/errors.ts";
import { install, installedIn, uninstall } from "./installed.ts";
import { packFiles, parsePacked, readPacked } from "./packed-collector.ts";
import { assertSigned } from "./signature.ts";
import { readTar, writeTar } from "./tar-file.ts";

const base = mkdtempSync(join(tmpdir(), "retis-packed-"));
afterAll(() => rmSync(base, { recursive: true }));

const bytes = (text: string) => Buffer.from(text);
const files = new Map([
  ["collector.ts", bytes('import "./section.ts"; throw new Error("it runs");')],
  ["section.ts", bytes("export {};")],
  ["lib/hook.bpf.o", bytes("\u007fELF")],
]);
const description = {
  ...{ name: "queue", version: "1.2.3", summary: "The queue", license: "MIT", api: "1.x", entry: "collector.ts" },
  kernel: { probes: ["tp:net:net_dev_queue"], types: ["struct sk_buff *"] },
  imports: { "collector.ts": { "./section.ts": "section.ts" } },
};
const packed = packFiles(description, files);

describe("a packed collector", () => {
  test("has what was packed", () => {
    const { manifest, files: read } = parsePacked("x", packed);
    expect(manifest).toMatchObject(description);
    expect([...read].map(([path, content]) => [path, Buffer.from(content).toString()])).toEqual(
      [...files].map(([path, content]) => [path, content.toString()]).sort(([a = ""], [b = ""]) => (a < b ? -1 : 1)),
    );
  });

  test("is the same for the same files, in whatever order and whenever", () => {
    const turned = packFiles(description, new Map([...files].reverse()));
    expect(Buffer.from(turned).equals(packed)).toBe(true);
    for (const at of [4, 5, 6, 7]) expect(packed[at]).toBe(0); // time in the header of gzip (RFC 1952)
  });

  test("cut anywhere, it is refused", () => {
    for (let end = 0; end < packed.length; end++)
      expect(() => parsePacked("x", packed.subarray(0, end))).toThrow(expect.objectContaining({ code: "NOT_PACKED" }));
  });

  test("with wrong bytes it is refused, or as it was", () => {
    const random = new Random(7);
    const plain = gunzipSync(packed);
    let refused = 0;
    for (let round = 0; round < 400; round++) {
      const changed = Uint8Array.from(plain);
      for (let change = 0; change <= random.below(3); change++) changed[random.below(changed.length)] = random.below(256);
      try {
        const { files: read } = parsePacked("x", gzipSync(changed, { level: 1 }));
        for (const [path, content] of files) expect(Buffer.from(read.get(path)!).equals(content)).toBe(true);
      } catch (error) {
        if (!(error instanceof TraceError)) throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});

/** An archive as an attacker would make it. */
function entry(path: string, fields: Readonly<Record<string, unknown>> = {}, content = bytes("x")): Uint8Array {
  const block = Buffer.alloc(512);
  new Header({ path, mode: 0o644, uid: 0, gid: 0, size: content.length, mtime: new Date(0), type: "File", ...fields }).encode(block);
  return Buffer.concat([block, content, new Uint8Array(-content.length & 511)]);
}
const archive = (...entries: readonly Uint8Array[]) => Buffer.concat([...entries, new Uint8Array(1024)]);

describe("an archive is refused for", () => {
  test.each([
    ["a path that leads upwards", archive(entry("../x")), /leads out of the directory/],
    ["one that does so within", archive(entry("a/../../x")), /leads out of the directory/],
    ["an absolute path", archive(entry("/etc/passwd")), /absolute path/],
    ["a backslash", archive(entry("a\\x")), /characters/],
    ["a control character", archive(entry("a\u001b[2J")), /characters/],
    ["an empty part", archive(entry("a//x")), /leads out/],
    ["a symbolic link", archive(entry("x", { type: "SymbolicLink", linkpath: "/etc/passwd", size: 0 }, bytes(""))), /SymbolicLink/],
    ["a hard link", archive(entry("x", { type: "Link", linkpath: "y", size: 0 }, bytes(""))), /Link/],
    ["a directory", archive(entry("x/", { type: "Directory", size: 0 }, bytes(""))), /Directory/],
    ["a device", archive(entry("x", { type: "CharacterDevice", size: 0 }, bytes(""))), /CharacterDevice/],
    ["an extended header", archive(entry("x", { type: "ExtendedHeader" })), /ExtendedHeader/],
    ["a size beyond its end", archive(entry("x", { size: 1 << 30 })), /cut short/],
    ["the same path twice", archive(entry("x"), entry("x")), /twice/],
    ["a file in a file", archive(entry("x"), entry("x/y")), /is in a file/],
    ["too many files", archive(...Array.from({ length: 2001 }, (_, index) => entry(`f${index}`))), /more than 2000 files/],
    ["no file", new Uint8Array(1024), /no files/],
    ["a wrong checksum", Uint8Array.from(archive(entry("x")), (byte, at) => (at === 3 ? 7 : byte)), /damaged/],
  ])("%s", (_, bad, message) => {
    expect(() => readTar(bad)).toThrow(message);
    expect(() => parsePacked("x", gzipSync(bad))).toThrow(message);
  });

  test("more than fits into memory", () => {
    expect(() => parsePacked("x", gzipSync(new Uint8Array(65 << 20)))).toThrow(/more than 67108864 bytes/);
  });

  test.each([
    ["a file that the manifest does not list", { "other.ts": "x" }, {}, /other\.ts is not in the manifest/],
    ["other content than listed", { "section.ts": "export let x;" }, {}, /section\.ts is not as the manifest says/],
    ["a missing file", {}, { entry: "main.ts" }, /it has no main\.ts/],
    ["an import that leads out", {}, { imports: { "collector.ts": { "./x": "../x" } } }, /it has no \.\.\/x/],
    ["another format", {}, { format: 2 }, /its format is 2/],
    ["a name that is a path", {}, { name: "../x" }, /name/],
    ["a version that is a path", {}, { version: "1.0.0/../../x" }, /version/],
  ])("%s", (_, more, wrong, message) => {
    const whole = new Map<string, Uint8Array>(readTar(gunzipSync(packed)));
    const manifest = { ...JSON.parse(Buffer.from(whole.get("manifest.json")!).toString()), ...wrong };
    whole.set("manifest.json", bytes(JSON.stringify(manifest)));
    for (const [path, text] of Object.entries(more)) whole.set(path, bytes(text));
    expect(() => parsePacked("x", gzipSync(writeTar(whole)))).toThrow(message);
  });
});

describe("installing", () => {
  const place = (name: string) => join(base, name);
  const collector = parsePacked("x", packed);

  test("writes the files for everybody to read, runs nothing, and leaves nothing else", () => {
    const before = process.umask(0o077);
    const parent = place("fresh/collectors");
    mkdirSync(place("fresh"), { mode: 0o755 });
    try {
      expect(install(collector, parent, { source: "queue.retis-collector" })).toBeUndefined();
    } finally {
      process.umask(before);
    }
    expect(readdirSync(parent)).toEqual(["queue"]);
    const modes = (path: string) => statSync(join(parent, "queue", path)).mode & 0o777;
    expect([modes("."), modes("lib"), modes("lib/hook.bpf.o"), modes("collector.ts")]).toEqual([0o755, 0o755, 0o644, 0o644]);
    expect(installedIn(join(parent, "queue"))).toEqual({
      name: "queue",
      version: "1.2.3",
      source: "queue.retis-collector",
      sha256: collector.sha256,
    });
  });

  test("replaces another version, with files that it does not have any more", () => {
    const parent = place("fresh/collectors");
    const next = parsePacked(
      "x",
      packFiles({ ...description, version: "2.0.0" }, new Map([...files].filter(([path]) => path !== "lib/hook.bpf.o"))),
    );
    expect(install(next, parent, { source: "x" })).toBe("1.2.3");
    expect(existsSync(join(parent, "queue/lib"))).toBe(false);
    expect(readdirSync(parent)).toEqual(["queue"]);
  });

  test("leaves alone what it did not install", () => {
    const parent = place("own");
    mkdirSync(join(parent, "queue"), { recursive: true });
    writeFileSync(join(parent, "queue/collector.ts"), "mine");
    expect(() => install(collector, parent, { source: "x" })).toThrow(/was not installed by this command/);
    expect(() => uninstall("queue", parent)).toThrow(/was not installed by this command/);
    expect(readFileSync(join(parent, "queue/collector.ts"), "utf8")).toBe("mine");
  });

  test("refuses a collector for another API version", () => {
    const other = parsePacked("x", packFiles({ ...description, api: "2.x" }, files));
    expect(() => install(other, place("api"), { source: "x" })).toThrow(/written for API version 2\.x/);
  });

  test.skipIf(process.getuid?.() !== 0)("refuses a directory that others can write to (needs root)", () => {
    const parent = place("open");
    mkdirSync(parent);
    Bun.spawnSync(["chmod", "777", parent]);
    expect(() => install(collector, parent, { source: "x" })).toThrow(expect.objectContaining({ code: "UNSAFE_PLUGIN" }));
    expect(readdirSync(parent)).toEqual([]);
  });

  test("is undone by removing", () => {
    const parent = place("fresh/collectors");
    expect(uninstall("queue", parent).version).toBe("2.0.0");
    expect(readdirSync(parent)).toEqual([]);
    expect(() => uninstall("queue", parent)).toThrow(/does not exist/);
  });
});

test("a file that is not there, or is a pipe, is an error of ours", () => {
  expect(() => readPacked(join(base, "none"))).toThrow(expect.objectContaining({ code: "NOT_PACKED" }));
  expect(() => readPacked("/dev/zero")).toThrow(/it is not a file/);
});

describe("signatures", () => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const other = generateKeyPairSync("ed25519");
  const id = Buffer.from("0123456789abcdef", "hex");
  const raw = (key: KeyObject) => key.export({ format: "der", type: "spki" }).subarray(-32);
  const minisignKey = (key: KeyObject) =>
    bytes(`untrusted comment: key\n${Buffer.concat([bytes("Ed"), id, raw(key)]).toString("base64")}\n`);

  /** As minisign writes it: https://jedisct1.github.io/minisign/#signature-format */
  function minisign(content: Uint8Array, { hashed = true, key = privateKey, comment = "timestamp:0" } = {}): string {
    const signed = hashed ? new Bun.CryptoHasher("blake2b512").update(content).digest() : content;
    const signature = sign(null, signed, key);
    const line = Buffer.concat([bytes(hashed ? "ED" : "Ed"), id, signature]).toString("base64");
    const global = sign(null, Buffer.concat([signature, bytes("timestamp:0")]), key).toString("base64");
    return `untrusted comment: x\n${line}\ntrusted comment: ${comment}\n${global}\n`;
  }
  const pem = bytes(publicKey.export({ format: "pem", type: "spki" }) as string);
  const check = (content: Uint8Array, key: Uint8Array, signature: Uint8Array | undefined) => () =>
    assertSigned({ path: "x", bytes: content }, key, signature);

  test("are accepted in each form", () => {
    expect(check(packed, minisignKey(publicKey), bytes(minisign(packed)))).not.toThrow();
    expect(check(packed, minisignKey(publicKey), bytes(minisign(packed, { hashed: false })))).not.toThrow();
    expect(check(packed, pem, sign(null, packed, privateKey))).not.toThrow();
  });

  const changed = Uint8Array.from(packed, (byte, at) => (at === 40 ? byte ^ 1 : byte));
  test.each([
    ["of another file", check(changed, minisignKey(publicKey), bytes(minisign(packed)))],
    ["of another file, in PEM", check(changed, pem, sign(null, packed, privateKey))],
    ["of another key", check(packed, minisignKey(other.publicKey), bytes(minisign(packed)))],
    ["of another key, in PEM", check(packed, pem, sign(null, packed, other.privateKey))],
    ["whose trusted comment was changed", check(packed, minisignKey(publicKey), bytes(minisign(packed, { comment: "timestamp:1" })))],
    ["that are missing", check(packed, pem, undefined)],
    ["that are text", check(packed, pem, bytes("signed"))],
    ["by what is not a key", check(packed, bytes("key"), bytes(minisign(packed)))],
    [
      "by a key of another kind",
      check(
        packed,
        bytes(generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "pem", type: "spki" }) as string),
        new Uint8Array(64),
      ),
    ],
  ])("are refused %s", (_, assertion) => expect(assertion).toThrow(expect.objectContaining({ code: "SIGNATURE" })));
});
