import { describe, expect, test } from "bun:test";
import { Option } from "commander";
import type { ProfileArgument } from "../profile/profile.ts";
import { commaList } from "./option-values.ts";
import { collects, createParser, parseArguments } from "./parser.ts";
import { profileArguments, roughArguments } from "./profile-arguments.ts";

function newParser() {
  return createParser("retis collect", "")
    .addOption(collects(new Option("-c, --collectors <list>"), commaList))
    .addOption(new Option("--format <format>").choices(["a", "b"]))
    .addOption(new Option("-o, --out [file]"))
    .option("--utc", "")
    .option("--no-skb-headers", "")
    .argument("[input]");
}

type Args = Readonly<Record<string, ProfileArgument["value"]>>;

function applied(name: string, args: Args) {
  return { name, args: Object.entries(args).map(([flag, value]) => ({ flag: `--${flag}`, value })) };
}

/** The options after a profile and typed arguments were merged. */
function merge(profiles: readonly Args[], typed: string): unknown {
  const parser = newParser();
  const words = typed.split(" ").filter((word) => word !== "");
  const added = profileArguments(
    parser,
    profiles.map((args, index) => applied(`p${index}`, args)),
    words,
  );
  parseArguments(parser, [...added, ...words]);
  return { ...parser.opts(), ...(parser.args.length > 0 && { operands: parser.args }) };
}

const headers = { skbHeaders: true };

describe("typed arguments and profiles", () => {
  test("lists accumulate", () => {
    expect(merge([{ collectors: ["skb,dev"] }, { collectors: ["ns"] }], "-c skb-drop")).toEqual({
      ...headers,
      collectors: ["skb", "dev", "ns", "skb-drop"],
    });
  });

  test("a typed single value wins, then that of the last profile", () => {
    expect(merge([{ format: ["a"] }], "--format b")).toEqual({ ...headers, format: "b" });
    expect(merge([{ format: ["a"] }], "--format=b")).toEqual({ ...headers, format: "b" });
    expect(merge([{ format: ["a"] }, { format: ["b"] }], "")).toEqual({ ...headers, format: "b" });
    expect(merge([{ out: ["x"] }], "-o")).toEqual({ ...headers, out: true });
    expect(merge([{ utc: true }], "--utc")).toEqual({ ...headers, utc: true });
  });

  test("a name of an option that is the value of another one is not that option", () => {
    expect(merge([{ utc: true }], "--format a -c --utc")).toEqual({ ...headers, utc: true, format: "a", collectors: ["--utc"] });
  });
});

test.each([
  [{ utc: null }, { utc: true }],
  [{ utc: true }, { utc: true }],
  [{ utc: false }, {}],
  [{ "skb-headers": false }, { skbHeaders: false }],
  [{ "skb-headers": true }, {}],
  [{ "no-skb-headers": true }, { skbHeaders: false }],
  [{ out: null }, { out: true }],
  [{ out: true }, { out: "true" }],
  [{ out: ["-x y"] }, { out: "-x y" }],
  [
    { format: ["b"], out: null },
    { format: "b", out: true },
  ],
])("%j gives %j", (args, expected) => {
  expect(merge([args as Args], "")).toEqual({ ...headers, ...expected });
});

test("typed arguments are not taken for values of a profile's options", () => {
  expect(merge([{ out: null, format: ["a"] }], "file")).toEqual({ ...headers, out: true, format: "a", operands: ["file"] });
});

test.each([
  [{ colectors: ["x"] }, 'Cannot apply profile "p0" to retis collect: unknown option --colectors'],
  [{ utc: ["x"] }, 'Cannot apply profile "p0" to retis collect: option --utc takes no value'],
  [{ format: null }, 'Cannot apply profile "p0" to retis collect: option --format needs a value'],
  [{ format: ["c"] }, "argument 'c' is invalid"],
  [{ format: ["a", "b"] }, "Option --format was given more than once"],
])("%j is refused", (args, message) => {
  expect(() => merge([args as Args], "")).toThrow(message);
});

test("before the options are known, those with values are found", () => {
  expect(roughArguments([applied("p", { collectors: ["a", "b"], utc: null, out: true })])).toEqual(["--collectors=a", "--collectors=b"]);
});
