/** `retis script`: what scripts are given, how they fail, and the examples of docs/scripts.md. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, chownSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Event } from "../../core/api/event.ts";
import { EventFileWriter, type WriterOptions } from "../../core/file/writer.ts";
import { scriptModule } from "../../core/script/script-module.ts";
import { realisticEvent, sampleHeader } from "../cases/files/sample-events.ts";
import { mustRun, runCommand, type Outcome } from "../support/command.ts";
import { makeWorkplace, notCompiled } from "./compiled.ts";

setDefaultTimeout(60_000);

const repository = join(import.meta.dir, "../..");
const page = readFileSync(join(repository, "docs/scripts.md"), "utf8");
const source: readonly string[] = [process.execPath, join(repository, "core/main.ts")];

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "retis-script-"));
  write("events.json", {}, (writer) => events.forEach((event) => writer.writeEvent(event)));
  write("sorted.json", { series: true }, (writer) => writer.writeSeries(path));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Two events of each packet, 7 µs apart, with IPv4 packets that decode. */
const events: readonly Event[] = Array.from({ length: 12 }, (_, number) => event(number >> 1, number % 2));
const path = [0, 1].map((idx) => ({ ...event(0, idx), tracking: { skb: realisticEvent(0)["skb-tracking"], idx } }));

function event(number: number, place: number): Event {
  const { common, "skb-drop": drop, ...rest } = realisticEvent(number);
  const data = Uint8Array.fromHex(
    "02000000000b02000000000a08004500002800014000400600000a0a000a0a0a00148ae001bb0000000100000000500203e800000000",
  );
  const at = {
    ...rest,
    packet: { len: 54, capture_len: 54, data },
    common: { ...common, timestamp: 5000123456789 + number * 1013 + place * 7000 },
  };
  return place === 0 ? { ...at, kernel: { symbol: "tcp_v4_rcv", probe_type: "kprobe" } } : { ...at, "skb-drop": drop };
}

function write(name: string, options: Partial<WriterOptions>, fill: (writer: EventFileWriter) => void): void {
  const writer = new EventFileWriter({ path: join(directory, name), form: "json", header: () => sampleHeader(), ...options });
  fill(writer);
  writer.close();
}

function save(name: string, text: string): string {
  writeFileSync(join(directory, name), text);
  return name;
}

function run(args: readonly string[], program = source, home = directory): Promise<Outcome> {
  return runCommand([...program, "script", ...args], { cwd: directory, env: { HOME: home } });
}

/** Runs a text as a script over events.json. */
function runText(text: string, args: readonly string[] = []): Promise<Outcome> {
  return run([save("text.ts", text), "-i", "events.json", ...args]);
}

describe("what a script is given", () => {
  test("arguments, those that look like options too", async () => {
    const text =
      'import { args } from "retis/script"; import { parseArgs } from "node:util"; console.log(args.join(), parseArgs({ strict: false }).positionals.join());';
    const { stdout } = await runText(text, ["a", "--top", "3", "--", "--help"]);
    expect(stdout).toBe("a,--top,3,--,--help a,3,--help\n");
    const args = ["--input", "events.json", "text.ts", "--help", "--input=x"];
    expect((await run(args)).stdout).toBe("--help,--input=x \n");
    expect((await run(["text.ts", "--", "--input", "x"])).stdout).toBe("--input,x x\n");
    expect((await run(["-i", "a", "text.ts", "--input=b"])).stderr).toStartWith(
      "error: Option --input was given more than once [REPEATED_OPTION]\n",
    );
  });

  test("events, exact, with times, identities, packets and text", async () => {
    const { stdout, stderr } = await runText(`
      import { epochNanoseconds, eventJson, eventText, events, macAddress, match, packetOf, packetText, strictMatch, timeOf, trackingId } from "retis/script";
      const [start, one, two, three] = events();
      console.log(start.startup.retis_version, trackingId(start), packetOf(start), packetText(start));
      console.log(one["skb-tracking"].orig_head, one.packet.data.length, trackingId(one));
      console.log(match(one, two), strictMatch(one, two), match(one, three), strictMatch(one, { ...two, "skb-tracking": { ...two["skb-tracking"], skb: 1 } }));
      console.log(timeOf(one).toISOString(), epochNanoseconds(one), timeOf({ ...one }));
      console.log(packetOf(one).layers.map(({ layer }) => layer).join(), macAddress(packetOf(one).layers[0].src));
      console.log(packetText(one, { linkLayer: true }));
      console.log(eventText(two).split("\\n")[0]);
      console.log(eventJson({ a: { b: 2n ** 64n - 1n } }));`);
    expect(stderr).toBe("");
    expect(stdout.split("\n")).toEqual([
      "v1.7.0+retis-0.1.0 undefined undefined undefined",
      "18446612682070000128n 54 92235997619122104136829065200128n",
      "true true false false",
      "2025-03-18T16:09:06.814Z 1742314146814498789n undefined",
      "ethernet,ipv4,tcp 02:00:00:00:00:0a",
      "02:00:00:00:00:0a > 02:00:00:00:00:0b ethertype IPv4 (0x0800) 10.10.0.10.35552 > 10.10.0.20.443 tos 0x0 ttl 64 id 1 off 0 [DF] len 40 proto TCP (6) flags [S] seq 1 win 1000",
      "5000123463789 (0) [curl] 4242/4243 [tp] skb:kfree_skb #48c2e950290ffff887fffff8200 (skb ffff888000981900)",
      '{"a":{"b":18446744073709551615}}',
      "",
    ]);
  });

  test("other files, and for await", async () => {
    const text = `import { events, series } from "retis/script"; let count = 0;
      for await (const event of events("sorted.json")) count++;
      for (const packet of series("sorted.json")) count += 10 * packet.length;
      for (const event of events()) { count += 100; break; }
      console.log(count);`;
    expect((await runText(text)).stdout).toBe("133\n");
  });

  test("the parts of a rotated file", async () => {
    write("rotated", { rotate: 2000 }, (writer) => events.forEach((each) => writer.writeEvent(each)));
    const text = 'import { events } from "retis/script"; console.log([...events("rotated.0..")].filter((event) => event.kernel).length);';
    expect((await runText(text)).stdout).toBe(`${events.length}\n`);
  });

  test("standard input", async () => {
    const text = 'import { events } from "retis/script"; console.log([...events()].length);';
    const { stdout } = await runCommand([...source, "script", save("count.ts", text), "-i", "-"], {
      cwd: directory,
      input: readFileSync(join(directory, "events.json"), "utf8"),
    });
    expect(stdout).toBe(`${events.length + 1}\n`);
  });

  test("a file's damage is reported at its end", async () => {
    save("cut.json", readFileSync(join(directory, "events.json"), "utf8").slice(0, -20));
    const { stdout, stderr, status } = await runText('import { events } from "retis/script"; console.log([...events("cut.json")].length);');
    expect({ stdout, status }).toEqual({ stdout: `${events.length}\n`, status: 1 });
    expect(stderr).toContain("WARN  cut.json, byte ");
  });
});

describe("how a script ends", () => {
  test.each([
    ["process.exit(7);", 7],
    ["process.exitCode = 3;", 3],
    ["setTimeout(() => { process.exitCode = 4; }, 10);", 4],
    ["await Bun.sleep(5);", 0],
  ])("%s", async (text, status) => {
    expect(await runText(text)).toEqual({ status, stdout: "", stderr: "" });
  });

  test.each([
    ["an error", "type Line = string;\n\nthrow new TypeError('no luck');", "text.ts:3:11: TypeError: no luck"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the script under test has the template
    ["an error in a function", "function inner(x: number): never {\n  throw new Error(`no ${x}`);\n}\ninner(3);", "text.ts:2:13: no 3"],
    ["a late error", "interface X {\n  a: 1;\n}\nsetTimeout(() => {\n  throw new Error('late');\n}, 5);", "text.ts:5:13: late"],
    ["a promise that nobody waits for", "void (async () => {\n  throw new Error('forgotten');\n})();", "text.ts:2:13: forgotten"],
    ["a mistake", "const a = {;", "it does not compile: DIRECTORY/text.ts:1:12: "],
    ["an import that is not there", 'import { nothing } from "retis/script";\nnothing();', "'nothing' not found in module 'retis/script'"],
    ["what is not an error", 'throw "just text";', "it fails: just text"],
  ])("%s is reported with its location", async (_, text, told) => {
    const { status, stderr } = await runText(text);
    expect(status).toBe(1);
    expect(stderr).toStartWith(`error: Script ${directory}/text.ts failed: it `);
    expect(stderr).toContain(told.replace("DIRECTORY", directory));
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  test("a file that cannot be read is reported as elsewhere, and can be caught", async () => {
    const text =
      'import { events } from "retis/script";\ntry { [...events("nowhere")]; } catch (error) { console.log(error.code); }\n[...events("nowhere")];';
    expect(await runText(text)).toMatchObject({
      status: 2,
      stdout: "INPUT_MISSING\n",
      stderr: expect.stringContaining("error: Cannot read nowhere: no such file [INPUT_MISSING]"),
    });
  });

  test("series of a file that is not sorted", async () => {
    const { status, stderr } = await runText('import { series } from "retis/script"; [...series()];');
    expect([status, stderr]).toEqual([
      1,
      "error: Cannot read series from events.json: its events are not sorted [NOT_SORTED]\nhint: Sort it first: retis sort FILE -o sorted.json\n",
    ]);
  });

  test("a reader of stdout that leaves ends it at once, without a word", async () => {
    save("endless.ts", 'for (;;) console.log("line");');
    const pipeline = '"$@" script endless.ts | head -n 1';
    expect(await runCommand(["sh", "-c", pipeline, "sh", ...source], { cwd: directory, timeoutMs: 20_000 })).toEqual({
      status: 0,
      stdout: "line\n",
      stderr: "",
    });
  });
});

describe("where scripts are found", () => {
  const text = 'console.log("found");';

  test("by name in the user's own directory, unless it is not safe", async () => {
    const home = join(directory, "home");
    const scripts = join(home, ".config/retis/scripts");
    mkdirSync(scripts, { recursive: true, mode: 0o755 });
    writeFileSync(join(scripts, "mine.ts"), text, { mode: 0o644 });
    for (const name of ["mine", "mine.ts"]) expect((await run([name], source, home)).stdout).toBe("found\n");
    chmodSync(scripts, 0o777);
    const { status, stderr } = await run(["mine"], source, home);
    const refused = process.getuid?.() === 0;
    expect(status).toBe(refused ? 1 : 0);
    if (refused) expect(stderr).toContain(`/mine.ts: ${scripts} is writable by others [UNSAFE_SCRIPT]\n`);
  });

  test.skipIf(process.getuid?.() !== 0)("by its path, unless another user could have written it or what it imports", async () => {
    save("foreign.ts", 'console.log("foreign"); export const word = 1;');
    save("importer.ts", 'import { word } from "./foreign.ts"; console.log("ran", word);');
    chownSync(join(directory, "foreign.ts"), 65534, 65534);
    for (const name of ["./foreign.ts", "importer.ts"]) {
      const { status, stdout, stderr } = await run([name]);
      expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
      expect(stderr).toContain("/foreign.ts belongs to uid 65534, not to root or the caller [UNSAFE_SCRIPT]\n");
    }
  });

  test.skipIf(process.getuid?.() !== 0)("and what it imports by a computed name is not run", async () => {
    save("late.ts", 'console.log("late");');
    save("computed.ts", "const name = process.argv[2]; await import(name);");
    const { status, stdout, stderr } = await run(["computed.ts", join(directory, "late.ts")]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain("only files named in the import itself can be imported");
  });

  test("a script sees its own location", async () => {
    save("where.ts", "console.log(import.meta.path, import.meta.dir, import.meta.url);");
    const path = join(directory, "where.ts");
    expect((await run(["where.ts"])).stdout).toBe(`${path} ${directory} file://${path}\n`);
  });

  test("a file goes before a name, and imports what is beside it", async () => {
    save("beside.ts", 'export const word: string = "beside";');
    save("mine", 'import { word } from "./beside.ts"; console.log(word);');
    copyFileSync(join(directory, "mine"), join(directory, "mine.ts"));
    expect((await run(["mine.ts"])).stdout).toBe("beside\n");
  });
});

describe("the page", () => {
  const examples = [...page.matchAll(/^```ts (\S+)\n(.*?)^```$/gms)].map(([, name = "", text = ""]) => ({ name, text }));
  const commands = [...page.matchAll(/^```sh\n(.*?)^```$/gms)]
    .flatMap(([, text = ""]) => text.trim().split("\n"))
    .map((line) => line.replace(/\s+#.*/, ""));
  const answers: Readonly<Record<string, string>> = {
    "top-drops.ts": "4 NO_SOCKET 10.10.0.10 > 10.10.0.20\n2 TCP_CSUM 10.10.0.10 > 10.10.0.20\n",
    "delays.ts": "tcp_v4_rcv → skb:kfree_skb: 6 times, median 7 µs, at most 7 µs\n",
    "dropped-packets.ts": "2025-03-18T16:09:06.814Z TCP_CSUM after tcp_v4_rcv → skb:kfree_skb\n",
  };

  test.each(examples.map(({ name, text }) => [name, text] as const))("%s does what it says", async (name, text) => {
    save(name, text);
    const command = commands.find((each) => each.includes(name))!;
    const { status, stdout, stderr } = await run(command.split(" ").slice(2));
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toStartWith(answers[name]!);
  });

  test("has three examples, each with its command", () => {
    expect(examples.map(({ name }) => name)).toEqual(Object.keys(answers));
  });

  test.skipIf(notCompiled !== undefined)(`the executable runs them alike${notCompiled ? ` (${notCompiled})` : ""}`, async () => {
    const place = makeWorkplace();
    try {
      for (const { name, text } of examples) {
        save(name, text);
        const command = commands.find((each) => each.includes(name))!;
        const { status, stdout, stderr } = await run(command.split(" ").slice(2), [place.retis]);
        expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
        expect(stdout).toStartWith(answers[name]!);
      }
      save(
        "fails.ts",
        'import { events } from "retis/script";\n\nfor (const event of events("events.json")) throw new Error(String(event.common.timestamp));',
      );
      save("imports.ts", 'import x from "no-such-package-of-retis";\nx();');
      expect(await run(["imports.ts"], [place.retis])).toMatchObject({
        status: 1,
        stderr: expect.stringContaining("no-such-package-of-retis"),
      });
      const { status, stderr } = await run(["fails.ts"], [place.retis]);
      expect([status, stderr]).toEqual([
        1,
        `error: Script ${directory}/fails.ts failed: it fails at ${directory}/fails.ts:3:54: 5000123000000 [SCRIPT_FAILED]\n`,
      ]);
    } finally {
      place.remove();
    }
  });

  test("is right about the types", async () => {
    const types = join(directory, "types");
    mkdirSync(types);
    writeFileSync(join(types, "retis-script.d.ts"), await mustRun([...source, "script", "--types"]));
    for (const { name, text } of examples) writeFileSync(join(types, name), text);
    writeFileSync(join(types, "check.ts"), typeCheck);
    const options = {
      target: "ESNext",
      module: "Preserve",
      moduleResolution: "bundler",
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      allowImportingTsExtensions: true,
      lib: ["ESNext", "DOM"],
      types: [],
    };
    writeFileSync(join(types, "tsconfig.json"), JSON.stringify({ compilerOptions: options }));
    const { stdout } = await runCommand([join(repository, "node_modules/.bin/tsc"), "-p", "."], { cwd: types });
    expect(stdout).toBe("");
  });
});

/** Holds the published types to the code, and some sections to what they are. */
const typeCheck = `
  import type { DecodedPacket } from ${JSON.stringify(join(repository, "core/packet/layer.ts"))};
  import type * as published from "retis/script";
  type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
  export const layers: Same<published.DecodedPacket, DecodedPacket> = true;
  type Event = published.Event;
  export const timestamp: Same<Event["common"]["timestamp"], number | bigint> = true;
  export const data: Same<NonNullable<Event["packet"]>["data"], Uint8Array> = true;
  export const reason: Same<NonNullable<Event["skb-drop"]>["drop_reason"], string> = true;
  export const stack: Same<NonNullable<Event["kernel"]>["stack_trace"], readonly string[] | undefined> = true;
  export const absent: Same<undefined extends Event["dev"] ? true : false, true> = true;
`;

test("the types name what there is to import, and nothing else", async () => {
  const types = await mustRun([...source, "script", "--types"]);
  const declared = [...types.matchAll(/^ {2}export (?:const|function) (\w+)/gm)].map((match) => match[1]!).sort();
  const given = scriptModule({
    args: [],
    input: undefined,
    sections: [],
    open: () => {
      throw new Error("not opened");
    },
    report: () => {},
  });
  expect(declared).toEqual(Object.keys(given).sort());
});
