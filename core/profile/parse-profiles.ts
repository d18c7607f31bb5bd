/** From the text of a YAML file to the profiles in it. */
import { type Document, isScalar, parseAllDocuments, visit } from "yaml";
import { reasonOf, TraceError } from "../base/errors.ts";
import { parseRequirement } from "../kernel/version.ts";
import { Mapping, ProfileFault } from "./mapping.ts";
import { type Condition, defaultSectionName, type Profile, type ProfileArgument, type ProfileSection } from "./profile.ts";

/** Version of the format: profiles of the same major version are used, with a warning when their minor one is later. */
const formatMajor = 1;
const formatMinor = 0;

export interface ParsedProfiles {
  readonly profiles: readonly Profile[];
  /** Why documents of other versions of the format were passed over. */
  readonly skipped: readonly string[];
}

/**
 * Reads the documents of a file, a profile each; empty ones are passed over.
 *
 * @param source where the text comes from, kept in the profiles
 * @throws ProfileFault saying what is wrong
 */
export function parseProfiles(text: string, source: string): ParsedProfiles {
  const profiles: Profile[] = [];
  const skipped: string[] = [];
  for (const document of parseAllDocuments(text)) {
    const content = contentOf(document);
    if (content === null) continue;
    const mapping = new Mapping(content, "");
    const [major, minor] = formatVersion(mapping.text("version"));
    if (major === formatMajor) profiles.push(parseProfile(mapping, minor, { source, text: textOf(text, document) }));
    else
      skipped.push(`profile "${mapping.optionalText("name") ?? ""}" is in format ${major}.${minor}, and this retis reads ${formatMajor}.x`);
  }
  return { profiles, skipped };
}

/** The content as plain data, numbers as the text that was written: `1.0` is not the same as `1` in a version or an option. */
function contentOf(document: Document.Parsed): unknown {
  const fault = document.errors[0];
  if (fault) throw new ProfileFault(`it is not valid YAML: ${reasonOf(fault).split("\n")[0]!.replace(/:$/, "")}`);
  visit(document, {
    Scalar(_, node) {
      if (isScalar(node) && (typeof node.value === "number" || typeof node.value === "bigint"))
        node.value = node.source ?? String(node.value);
    },
  });
  return document.toJS() ?? null;
}

function textOf(text: string, document: Document.Parsed): string {
  return text
    .slice(document.range[0], document.range[2])
    .replace(/^-{3}[^\S\n]*\n/, "")
    .trim();
}

function formatVersion(text: string): readonly [major: number, minor: number] {
  const match = /^(\d+)\.(\d+)$/.exec(text);
  if (match === null) throw new ProfileFault(`version is "${text}" and not of the form 1.0`);
  return [Number(match[1]), Number(match[2])];
}

function parseProfile(mapping: Mapping, minor: number, origin: Pick<Profile, "source" | "text">): Profile {
  const warnings: string[] = [];
  if (minor > formatMinor) warnings.push(`it is in format ${formatMajor}.${minor}, which may have what this retis does not know`);
  const sections = (key: string) => mapping.list(key).map(({ value, place }) => parseSection(value, place, warnings));
  const profile = {
    ...origin,
    name: mapping.text("name"),
    about: mapping.optionalText("about") ?? "",
    sections: { collect: sections("collect"), pcap: sections("pcap") },
  };
  warnings.push(...mapping.unknownKeys());
  return { ...profile, warnings };
}

function parseSection(value: unknown, place: string, warnings: string[]): ProfileSection {
  const mapping = new Mapping(value, place);
  const name = mapping.optionalText("name") ?? defaultSectionName;
  const when = mapping.list("when").map((item) => parseCondition(item.value, item.place, warnings));
  if (!mapping.has("args")) throw new ProfileFault(`${place}.args is missing`);
  const args = parseArguments(mapping.value("args") ?? {}, `${place}.args`);
  warnings.push(...mapping.unknownKeys());
  return { name, when, args };
}

function parseCondition(value: unknown, place: string, warnings: string[]): Condition {
  const mapping = new Mapping(value, place);
  const type = mapping.text("type");
  const condition = conditionOf(type, mapping);
  warnings.push(...mapping.unknownKeys());
  return condition;
}

function conditionOf(type: string, mapping: Mapping): Condition {
  if (type === "symbol") return { type, name: mapping.text("name"), exists: mapping.optionalBoolean("exists") ?? true };
  if (type !== "version") throw new ProfileFault(`${mapping.place}.type is "${type}" and neither version nor symbol`);
  try {
    return { type, requirement: parseRequirement(mapping.text("version")) };
  } catch (error) {
    if (error instanceof TraceError) throw new ProfileFault(`${mapping.place}.version is not valid: ${error.message}`);
    throw error;
  }
}

function parseArguments(value: unknown, place: string): readonly ProfileArgument[] {
  const mapping = new Mapping(value, place);
  const keys = Object.keys(value as object).sort();
  return keys.map((key) => ({ flag: `--${key.replaceAll("_", "-")}`, value: argumentValue(mapping.value(key), `${place}.${key}`) }));
}

function argumentValue(value: unknown, place: string): ProfileArgument["value"] {
  if (value === undefined) return null;
  if (typeof value === "boolean") return value;
  if (typeof value === "string") return [value];
  if (!Array.isArray(value)) throw new ProfileFault(`${place} is neither a value nor a list of values`);
  return value.map((item) => {
    if (typeof item === "string" || typeof item === "boolean") return String(item);
    throw new ProfileFault(`${place} has an item that is not a value`);
  });
}
