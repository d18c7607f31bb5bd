/** The targets of probes in one program file: places in it, with their arguments. */
import type { Machine } from "../base/elf-file.ts";
import type { AddressOf } from "./operand.ts";
import { type ProbeArgument, parseArguments } from "./probe-argument.ts";
import type { ProgramFile } from "./program-file.ts";
import { type ProgramSymbol, programSymbols } from "./program-symbols.ts";
import { type SdtNote, sdtNotes } from "./sdt-notes.ts";

/** One place of a probe in a program file. */
export interface UserSite {
  /** Byte offset in the file, as uprobes take it. */
  readonly offset: number;
  /** Virtual address in the file, as debuggers show it. */
  readonly address: number;
  /** Byte offset in the file of the counter to raise while the probe is traced; 0 for none. */
  readonly semaphore: number;
  /** Where the arguments are; undefined at an instruction that is not a static probe: then the registers are. */
  readonly arguments: readonly (ProbeArgument | undefined)[] | undefined;
  /** The same as the program says it, e.g. `8@%rdx -4@12(%rbx)`. */
  readonly operands: string | undefined;
}

/** A probe of one program file. */
export interface UserTarget {
  readonly type: "usdt" | "uprobe";
  /** `provider:name`, `symbol`, `symbol+0xOFFSET` or `0xADDRESS`. */
  readonly symbol: string;
  readonly sites: readonly UserSite[];
}

const thisMachine: Machine = process.arch === "arm64" ? "arm64" : "x64";

function matcher(pattern: string): (name: string) => boolean {
  if (!pattern.includes("*")) return (name) => name === pattern;
  const expression = new RegExp(`^${pattern.split("*").map(RegExp.escape).join(".*")}$`);
  return (name) => expression.test(name);
}

/** @throws RangeError for programs of another kind of machine */
function assertMachine({ elf }: ProgramFile): void {
  if (elf.machine !== thisMachine) throw new RangeError("it is a program for another kind of machine");
}

/**
 * Static probes whose `provider:name` fits, each with all its places, in the order of the file.
 * @param pattern `*` for any run of characters
 * @throws RangeError when the file is not a program that can be understood
 */
export function staticTargets(file: ProgramFile, pattern: string): readonly UserTarget[] {
  assertMachine(file);
  const isWanted = matcher(pattern);
  const notes = sdtNotes(file.elf).filter(({ provider, name }) => isWanted(`${provider}:${name}`));
  const addressOf = variables(file);
  const targets = new Map<string, UserSite[]>();
  for (const note of notes) {
    const site = siteOfNote(file, note, addressOf);
    const symbol = `${note.provider}:${note.name}`;
    if (site) targets.set(symbol, [...(targets.get(symbol) ?? []), site]);
  }
  return [...targets].map(([symbol, sites]) => ({ type: "usdt", symbol, sites }));
}

/** Variables of the program by name, looked up only when an argument is in one. */
function variables(file: ProgramFile): AddressOf {
  let known: ReadonlyMap<string, number> | undefined;
  return (name) => {
    known ??= new Map(programSymbols(file.elf, "variable", () => true).map((symbol) => [symbol.name, symbol.address]));
    return known.get(name);
  };
}

function siteOfNote({ elf }: ProgramFile, note: SdtNote, addressOf: AddressOf): UserSite | undefined {
  const offset = elf.fileOffset(note.address);
  const semaphore = note.semaphore === 0 ? 0 : elf.fileOffset(note.semaphore);
  if (offset === undefined || semaphore === undefined) return undefined;
  const values = parseArguments(note.arguments, thisMachine, addressOf);
  return { offset, address: note.address, semaphore, arguments: values, operands: note.arguments };
}

/**
 * Functions whose name fits, or one address.
 * @param pattern `symbol`, `symbol+OFFSET` or `0xADDRESS`; `*` in the symbol for any run of characters
 * @throws RangeError when the file is not a program that can be understood, or the offset is outside of a function
 */
export function functionTargets(file: ProgramFile, pattern: string): readonly UserTarget[] {
  assertMachine(file);
  if (/^0x[0-9a-f]+$/i.test(pattern)) return targetsAt(file, pattern.toLowerCase(), [Number(pattern)]);
  const [, name = pattern, offsetText = "0"] = /^(.+)\+(0x[0-9a-f]+|\d+)$/i.exec(pattern) ?? [];
  const offset = Number(offsetText);
  const symbols = programSymbols(file.elf, "function", matcher(name));
  const beyond = symbols.find(({ size }) => offset > 0 && offset >= size);
  if (beyond) throw new RangeError(`${beyond.name} is only ${beyond.size} bytes long`);
  return [...Map.groupBy(symbols, (symbol) => symbol.name)].flatMap(([symbol, copies]) => {
    const shown = offset === 0 ? symbol : `${symbol}+0x${offset.toString(16)}`;
    return targetsAt(file, shown, addressesOf(copies, offset));
  });
}

/** Static functions of one name are several; aliases of one function are one. */
function addressesOf(symbols: readonly ProgramSymbol[], offset: number): readonly number[] {
  return [...new Set(symbols.map(({ address }) => address + offset))];
}

function targetsAt({ elf }: ProgramFile, symbol: string, addresses: readonly number[]): readonly UserTarget[] {
  const sites = addresses.flatMap((address): readonly UserSite[] => {
    const offset = elf.fileOffset(address);
    return offset === undefined ? [] : [{ offset, address, semaphore: 0, arguments: undefined, operands: undefined }];
  });
  return sites.length === 0 ? [] : [{ type: "uprobe", symbol, sites }];
}
