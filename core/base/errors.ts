/**
 * Every error that users see is made here, one function each, so that wording and codes stay in one place.
 * A test holds docs/errors.md, which `retis explain CODE` prints from, to this file.
 */

import { counted } from "./plural.ts";

/** An error for the user: what could not be done, why, and what to do next. */
export class TraceError extends Error {
  override readonly name = "TraceError";

  /**
   * @param code stable identifier, e.g. `NO_PRIVILEGE`; listed in docs/errors.md
   * @param message "Cannot <act>: <reason>", or the fact itself; capital first letter, no trailing period
   * @param options.hint the next step for the user: a sentence without trailing period, naming only what a host has
   *   that holds nothing but the executable
   * @param options.exitCode 1 for run-time errors (default), 2 for wrong usage
   */
  constructor(
    readonly code: string,
    message: string,
    readonly options: { readonly hint?: string | undefined; readonly cause?: unknown; readonly exitCode?: 1 | 2 } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
  }
}

/** An error as it is printed: the message, its first line ending in the code in brackets; other values: their reason alone. */
export function describeError(error: unknown): string {
  if (!(error instanceof TraceError)) return reasonOf(error);
  const [first = "", ...more] = error.message.split("\n");
  return [`${first} [${error.code}]`, ...more].join("\n");
}

/** Text of any thrown value, for use inside another message. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(", ");
}

function choiceHint(kind: string, known: readonly string[], suggestion: string | undefined): string {
  const list = `${kind}: ${known.join(", ")}`;
  return suggestion === undefined ? list : `Did you mean "${suggestion}"? ${list}`;
}

/** A command line without the subcommand it needs; `path` is what was typed so far, e.g. `retis collector`. */
export function missingCommand(path: string, known: readonly string[]): TraceError {
  const hint = choiceHint("Subcommands", known, undefined);
  return new TraceError("MISSING_COMMAND", `"${path}" needs a subcommand`, { hint, exitCode: 2 });
}

/** A subcommand that does not exist; `instead` is a hint for those who did not mean a subcommand. */
export function unknownCommand(name: string, known: readonly string[], suggestion: string | undefined, instead?: string): TraceError {
  const hint = instead ?? choiceHint("Subcommands", known, suggestion);
  return new TraceError("UNKNOWN_COMMAND", `Unknown subcommand "${name}"`, { hint, exitCode: 2 });
}

/** A prefix of several subcommands. */
export function ambiguousCommand(prefix: string, matches: readonly string[]): TraceError {
  return new TraceError("AMBIGUOUS_COMMAND", `Ambiguous subcommand "${prefix}": ${quoted(matches)}`, {
    hint: "Type more letters, or the whole name",
    exitCode: 2,
  });
}

/**
 * A collector name (in `-c`, `collector show`) that is neither built in nor found in a collector directory; `instead` is a hint
 * for those who did not mean a collector.
 */
export function unknownCollector(name: string, known: readonly string[], suggestion: string | undefined, instead?: string): TraceError {
  const hint = instead ?? choiceHint("Collectors", known, suggestion);
  return new TraceError("UNKNOWN_COLLECTOR", `Unknown collector "${name}"`, { hint, exitCode: 2 });
}

/** A value that an option does not take; `reason` says why, e.g. `not a whole number`. */
export function invalidOption(flag: string, value: string, reason: string, hint?: string): TraceError {
  const options = hint === undefined ? {} : { hint };
  return new TraceError("INVALID_OPTION", `Invalid value "${value}" for ${flag}: ${reason}`, { ...options, exitCode: 2 });
}

/** An option that the command does not have. */
export function unknownOption(flag: string, hint: string | undefined): TraceError {
  return new TraceError("UNKNOWN_OPTION", `Unknown option ${flag}`, { hint, exitCode: 2 });
}

/** An option without the value that it takes. */
export function missingValue(flag: string): TraceError {
  return new TraceError("MISSING_VALUE", `Option ${flag} needs a value`, { exitCode: 2 });
}

/** An option that the command cannot do without. */
export function missingOption(flag: string): TraceError {
  return new TraceError("MISSING_OPTION", `Option ${flag} is required`, { exitCode: 2 });
}

/** An argument that the command cannot do without; `name` is that of its help. */
export function missingArgument(name: string): TraceError {
  return new TraceError("MISSING_ARGUMENT", `Missing argument <${name}>`, { exitCode: 2 });
}

/** More arguments than the command takes; `counts` says how many it takes and got. */
export function tooManyArguments(counts: string, hint: string | undefined): TraceError {
  return new TraceError("TOO_MANY_ARGUMENTS", `Too many arguments: ${counts}`, { hint, exitCode: 2 });
}

/** An option that was given more than once. */
export function repeatedOption(flag: string): TraceError {
  return new TraceError("REPEATED_OPTION", `Option ${flag} was given more than once`, { exitCode: 2 });
}

/** An option that has no effect without another one. */
export function optionNeedsOther(flag: string, other: string): TraceError {
  return new TraceError("OPTION_NEEDS_OTHER", `Option ${flag} requires ${other}`, { exitCode: 2 });
}

/**
 * An option of a collector that is not chosen.
 *
 * @param chosen values of `-c`
 */
export function optionOfAnotherCollector(flag: string, collector: string, chosen: readonly string[]): TraceError {
  return new TraceError("OPTION_NEEDS_OTHER", `Option ${flag} belongs to collector ${collector}, which is not chosen`, {
    hint: `Add the collector: -c ${[...chosen, collector].join(",")}`,
    exitCode: 2,
  });
}

/** A third-party collector in a place that other users can write to. */
export function unsafePlugin(directory: string, reason: string, hint: string): TraceError {
  return new TraceError("UNSAFE_PLUGIN", `Cannot load collector ${directory}: ${reason}`, { hint });
}

/** A third-party collector that is missing, does not parse or breaks the contract; `reason` says where and how. */
export function faultyPlugin(
  directory: string,
  reason: string,
  options: { readonly hint?: string; readonly cause?: unknown } = {},
): TraceError {
  return new TraceError("FAULTY_PLUGIN", `Cannot load collector ${directory}: ${reason}`, options);
}

/** A third-party collector that claims a name, section or option that is already taken. */
export function conflictingPlugin(directory: string, reason: string): TraceError {
  return new TraceError("CONFLICTING_PLUGIN", `Cannot load collector ${directory}: ${reason}`, {
    hint: "Remove one of the two, or rename it",
  });
}

/**
 * An event file (or a part of it) could not be written; `cause` is the system error, `events` the number of events that are in the
 * file and stay readable, if any do.
 */
export function eventFileNotWritten(path: string, cause: unknown, events?: number): TraceError {
  const hints: Readonly<Record<string, string>> = {
    ENOSPC: "Free some space or choose another file system",
    EDQUOT: "Raise the quota or choose another file system",
    EPIPE: "The reader closed the pipe; what it read before is complete",
  };
  const hint = hints[(cause as { code?: string }).code ?? ""];
  const kept = events === undefined ? "" : `; ${counted(events, "event")} in the file`;
  const message = `Cannot write ${path}: ${systemReason(cause)}${kept}`;
  return new TraceError("FILE_WRITE", message, hint === undefined ? { cause } : { cause, hint });
}

/** An output that another user may have prepared, or a directory or link on the way to it. */
export function unsafeOutput(path: string, reason: string): TraceError {
  return new TraceError("UNSAFE_OUTPUT", `Cannot write ${path}: ${reason}`, { hint: "Name another file, or another directory" });
}

/** "no space left on device (ENOSPC)" for an error of node:fs, which says "ENOSPC: no space left on device, write". */
function systemReason(cause: unknown): string {
  const parts = /^([A-Z][A-Z0-9]+): ([^,]+)/.exec(reasonOf(cause));
  return parts ? `${parts[2]} (${parts[1]})` : reasonOf(cause);
}

/** A sink of a collector (`-o plugin:NAME`) cannot be opened, or does not take events. */
export function sinkFailed(name: string, reason: string): TraceError {
  return new TraceError("SINK", `Sink ${name}: ${reason}`);
}

/** A sink that no collector has. */
export function unknownSink(name: string, known: readonly string[], suggestion: string | undefined): TraceError {
  const hint = known.length > 0 ? choiceHint("Sinks", known, suggestion) : "See 'retis collector list' for the collectors there are";
  return new TraceError("UNKNOWN_SINK", `Unknown sink "${name}"`, { hint, exitCode: 2 });
}

/** Another process, most likely another retis, is writing the file. */
export function fileInUse(path: string): TraceError {
  return new TraceError("FILE_IN_USE", `Cannot write ${path}: another process is writing it`, { hint: "Name another file with -o" });
}

/** An event file could not be opened or read; `cause` is the system error. */
export function eventFileNotRead(path: string, cause: unknown): TraceError {
  return new TraceError("FILE_READ", `Cannot read ${path}: ${systemReason(cause)}`, { cause });
}

/** The input is not an event file; `found` says what it is instead ("empty file", "gzip-compressed"). */
export function notAnEventFile(path: string, found: string): TraceError {
  return new TraceError("FILE_FORMAT", `Cannot read ${path}: ${found}`, {
    hint: "Name a file made by 'retis collect -o' or 'retis sort -o'",
  });
}

/** A file given to `--replay` that is not one of raw records, or whose header is damaged. */
export function notARecordsFile(path: string, reason: string): TraceError {
  return new TraceError("NOT_RECORDS", `Cannot replay ${path}: ${reason}`, {
    hint: "Name a file made by 'retis collect --save-records FILE'",
  });
}

/** A file that is not a packed collector, was damaged, or holds what must not be in one. */
export function notPacked(path: string, reason: string): TraceError {
  return new TraceError("NOT_PACKED", `Cannot use packed collector ${path}: ${reason}`, {
    hint: "'retis collector pack DIRECTORY' makes such files; copy this one again if it was damaged on its way",
  });
}

/** A directory that cannot be made into a packed collector. */
export function notPackable(directory: string, reason: string, hint: string): TraceError {
  return new TraceError("PACK", `Cannot pack ${directory}: ${reason}`, { hint });
}

/** The file was not signed with the key of `--key`. */
export function badSignature(path: string, reason: string): TraceError {
  return new TraceError("SIGNATURE", `Cannot trust ${path}: ${reason}`, {
    hint: "Compare the key with that which the author publishes; the signature is FILE.minisig or FILE.sig unless --signature names another",
  });
}

/** The file is another one than that of `--sha256`. */
export function otherChecksum(path: string, actual: string): TraceError {
  return new TraceError("SIGNATURE", `Cannot trust ${path}: its SHA-256 is ${actual}`, {
    hint: "Copy the file again, and compare the sum with that which the author publishes",
  });
}

/** A collector cannot be installed or removed. */
export function notInstalled(what: string, reason: string, hint: string): TraceError {
  return new TraceError("INSTALL", `${what}: ${reason}`, { hint });
}

/** The event file has a format version that this program does not read. */
export function unsupportedFileVersion(path: string, version: string): TraceError {
  return new TraceError("FILE_VERSION", `Cannot read ${path} : unsupported version: ${version}`, {
    hint: "Versions 1.5.0 and newer of the JSON form and version 1 of the CBOR form can be read",
  });
}

/** A system call that is not about any file or option failed; `errno` is its name. */
export function syscallFailed(action: string, errno: string): TraceError {
  return new TraceError("SYSCALL", `Cannot ${action}: ${errno}`, {
    hint: "Run 'retis doctor' to see what is missing on this host",
  });
}

/** A shared library that the executable carries could not be loaded. */
export function libraryNotLoaded(name: string, reason: string): TraceError {
  return new TraceError("LIBRARY", `Cannot load the built-in ${name}: ${reason}`, {
    hint: "Set the sysctl vm.memfd_noexec to 0 or 1, or make /run executable; glibc 2.33 or newer is required",
  });
}

/** BPF objects could not be linked; `messages` are those of libbpf. */
export function objectNotLinked(name: string, errno: string, messages: readonly string[]): TraceError {
  return new TraceError("BPF_LINK", `Cannot link ${name}: ${[errno, ...messages].join("; ")}`, {
    hint: "Rebuild the collector's hook with the headers of this version ('retis collector new' writes them)",
  });
}

/** A BPF object is not what libbpf expects. */
export function objectNotOpened(name: string, reason: string, messages: readonly string[]): TraceError {
  return new TraceError("BPF_OPEN", `Cannot open BPF object ${name}: ${[reason, ...messages].join("; ")}`);
}

const loadHints: Readonly<Record<string, string>> = {
  EPERM: "Run as root, or with CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN; kernel lockdown forbids it too: see 'retis doctor'",
  ENOMEM: "Raise the locked-memory limit (ulimit -l unlimited) or choose a smaller --ring-size",
  EINVAL: "Run 'retis doctor' to see which kernel features are missing; with a third-party collector, try without it",
  EACCES: "The verifier rejected a hook; with a third-party collector, try without it, otherwise please report this",
};

/** The kernel rejected a BPF object; `messages` end with the verifier's last lines. */
export function objectNotLoaded(name: string, errno: string, messages: readonly string[]): TraceError {
  const hint = loadHints[errno];
  const detail = messages.join("\n").split("\n").slice(-12).join("\n");
  return new TraceError("BPF_LOAD", `Cannot load BPF object ${name}: ${errno}`, {
    ...(hint === undefined ? {} : { hint }),
    ...(detail === "" ? {} : { cause: new Error(detail) }),
  });
}

/** A call on a BPF map failed. */
export function mapCallFailed(action: string, map: string, reason: string): TraceError {
  return new TraceError("BPF_MAP", `Cannot ${action} BPF map ${map}: ${reason}`);
}

/** Type information of the running kernel is missing or unreadable. */
export function kernelTypesUnavailable(path: string, cause: unknown): TraceError {
  return new TraceError("NO_BTF", `Cannot read the kernel's type information from ${path}: ${reasonOf(cause)}`, {
    hint: "Use a kernel built with CONFIG_DEBUG_INFO_BTF=y, the default in current distributions",
    cause,
  });
}

/** The file given as `--kconf` cannot be used. */
export function kernelConfigUnreadable(path: string, cause: unknown): TraceError {
  return new TraceError("KERNEL_CONFIG", `Cannot read the kernel configuration ${path}: ${reasonOf(cause)}`, {
    hint: "Use a file in the format of /proc/config.gz or /boot/config-<release>",
    cause,
  });
}

/** The list of kernel symbols cannot be used. */
export function kernelSymbolsUnavailable(path: string, cause: unknown): TraceError {
  return new TraceError("NO_SYMBOLS", `Cannot read kernel symbols from ${path}: ${reasonOf(cause)}`, {
    hint: "Run as root, or with CAP_SYSLOG and sysctl kernel.kptr_restrict at 0 or 1",
    cause,
  });
}

/** A kernel version requirement is not of the form `>= 5.17, < 6.4`. */
export function invalidVersionRequirement(text: string, reason: string): TraceError {
  return new TraceError("VERSION_REQUIREMENT", `Invalid kernel version requirement "${text}": ${reason}`, {
    hint: "Write comparisons joined by commas, each an operator (=, !=, >, <, >=, <=) and major[.minor[.patch[-build]]]",
    exitCode: 2,
  });
}

/** No function or tracepoint of the running kernel matches a probe pattern. */
export function noProbeTarget(pattern: string, wanted: "traceable function" | "tracepoint", near: () => readonly string[]): TraceError {
  return new TraceError("NO_PROBE_TARGET", `Cannot probe ${pattern}: no such ${wanted} in the running kernel`, {
    // Only when it is shown: optional probes are often missing, and tens of thousands of names are compared.
    get hint() {
      const names = near();
      return names.length === 0 ? undefined : `Did you mean ${names.join(" or ")}?`;
    },
  });
}

/** No running program, or no program of those named, has what a user-space probe needs; `reason` says what is missing. */
export function noUserTarget(probe: string, reason: string): TraceError {
  return new TraceError("NO_PROBE_TARGET", `Cannot probe ${probe}: ${reason}`, {
    hint: "'retis inspect -p usdt:PROGRAM:*:*' lists the static probes of a program; with /optional a probe waits for its program to start",
  });
}

/** The kernel cannot identify user-space probes. */
export function userProbesUnavailable(probe: string, missing: string): TraceError {
  return new TraceError("ATTACH", `Cannot attach to ${probe}: this kernel has no ${missing}`, {
    hint: "User-space probes need Linux 5.15 or later, built with CONFIG_UPROBE_EVENTS",
  });
}

/** The kernel refused to attach a user-space probe. */
export function userProbeRefused(symbol: string, path: string, errno: string): TraceError {
  const hints: Readonly<Record<string, string>> = {
    ESRCH: "The process has ended meanwhile",
    ENOTSUPP: "The kernel cannot probe the instruction there: choose another place",
    EINVAL: "The file system of the program does not allow probes, or another tracer uses the probe with another counter",
  };
  const hint = hints[errno] ?? "Leave the probe out, or run 'retis doctor' to see what this kernel allows";
  return new TraceError("ATTACH", `Cannot attach to ${symbol} of ${path}: ${errno}`, { hint });
}

/** A probe that cannot be parsed. */
export function invalidProbe(text: string, reason: string): TraceError {
  return new TraceError("INVALID_PROBE", `Invalid probe "${text}": ${reason}`, {
    hint: "A probe is written [TYPE:]TARGET[/stack][/optional][:{FIELD,...}], e.g. tp:skb:kfree_skb, net:netif_* or usdt:PROGRAM:PROVIDER:NAME",
    exitCode: 2,
  });
}

/** A variable that core or a collector expects is not in the BPF object. */
export function constantMissing(name: string, object: string): TraceError {
  return new TraceError("BPF_VARIABLE", `Cannot set up BPF object ${object}: it has no variable ${name}`, {
    hint: "Declare it in the hook with RETIS_SECTION, RETIS_ARG or RETIS_CONST under the collector's own name",
  });
}

/** A collector's hook object cannot be read, or does not define exactly one hook. */
export function unusableHook(path: string, reason: string, cause?: unknown): TraceError {
  return new TraceError("HOOK", `Cannot use hook ${path}: ${reason}`, {
    hint: "Define exactly one RETIS_HOOK or RETIS_CONTEXT_HOOK, and compile it with clang -g -O2 -target bpf",
    ...(cause === undefined ? {} : { cause }),
  });
}

/** More hooks, sections or argument types than one run can have. */
export function tooMany(what: string, limit: number): TraceError {
  return new TraceError("TOO_MANY", `Too many ${what}: one run has room for ${limit}`, {
    hint: "Choose fewer collectors with -c",
  });
}

/** Collectors of one run give a probe different numbers (`PlannedProbe.value`). */
export function probeValuesDiffer(probe: string, one: number, other: number): TraceError {
  return new TraceError("HOOK", `Cannot set up ${probe}: collectors give it the values ${one} and ${other}`, {
    hint: "Choose one of the collectors with -c",
  });
}

/** The kernel refused to attach a probe; `reason` is its errno, or says why it was not tried. */
export function notAttached(symbol: string, reason: string): TraceError {
  return new TraceError("ATTACH", `Cannot attach to ${symbol}: ${reason}`, {
    hint: "Leave the probe out, or run 'retis doctor' to see what this kernel supports",
  });
}

/** A collector that was requested by name cannot run here; `file` is that of a third party. */
export function collectorCannotRun(
  name: string,
  reason: string,
  { file, ...options }: { readonly hint?: string | undefined; readonly file?: string | undefined; readonly cause?: unknown } = {},
): TraceError {
  const place = file === undefined ? "" : ` (${file})`;
  return new TraceError("COLLECTOR_UNAVAILABLE", `Cannot run collector ${name}${place}: ${reason}`, options);
}

/** A constant of a collector's plan that its variable cannot hold. */
export function constantUnfit(name: string, object: string, reason: string): TraceError {
  return new TraceError("BPF_VARIABLE", `Cannot set up BPF object ${object}: ${name} ${reason}`, {
    hint: "Correct the value under constants in the collector's plan, or the type of its RETIS_CONST",
  });
}

/** The error of setting a constant, with what the author of the collector calls it: `Plan.constants`. */
export function constantFault(collector: string, name: string, error: unknown): TraceError {
  const hint = error instanceof TraceError ? error.options.hint : undefined;
  return new TraceError("BPF_VARIABLE", `Cannot use collector "${collector}": plan.constants.${name}: ${reasonOf(error)}`, { hint });
}

/** An option of a collector that was not requested by name and cannot run here; `why` is the error for the collector. */
export function optionOfUnavailable(flag: string, collector: string, why: TraceError): TraceError {
  return new TraceError("COLLECTOR_UNAVAILABLE", `Option ${flag} has no effect without collector ${collector}`, {
    cause: why,
    hint: why.options.hint,
  });
}

/** The process lacks privileges that tracing needs. */
export function missingPrivilege(action: string, missing: readonly string[]): TraceError {
  return new TraceError("NO_PRIVILEGE", `Cannot ${action}: missing ${missing.join(", ")}`, {
    hint: "Run as root, e.g. with sudo, and not in an unprivileged container",
  });
}

/** Standard output was closed before this program started (`>&-`). */
export function outputClosed(): TraceError {
  return new TraceError("OUTPUT_WRITE", "Cannot write to standard output: it is closed", {
    hint: "Send it to /dev/null if it is not needed",
  });
}

/** Some thread of the process could not be made to give up its privileges. */
export function privilegesNotGivenUp(reason: string): TraceError {
  return new TraceError("PRIVILEGES", `Cannot give up privileges: ${reason}`, {
    hint: "'retis doctor' shows whether it works here; --user needs root",
  });
}

/** `--user` with a name that the system does not know. */
export function unknownUser(name: string): TraceError {
  return new TraceError("UNKNOWN_USER", `Unknown user "${name}"`, { hint: "Name a user of this system: see 'getent passwd'", exitCode: 2 });
}

/** Something other than a capability keeps the process from tracing. */
export function tracingRefused(reason: string, hint: string): TraceError {
  return new TraceError("NO_PRIVILEGE", `Cannot trace the kernel: ${reason}`, { hint });
}

/** Standard output could not be written; `cause` is the system error. */
export function outputNotWritten(cause: unknown): TraceError {
  const full = ["ENOSPC", "EDQUOT"].includes((cause as { code?: string }).code ?? "");
  const hint = full ? { hint: "Free some space or send the output elsewhere" } : {};
  return new TraceError("OUTPUT_WRITE", `Cannot write to standard output: ${reasonOf(cause)}`, { cause, ...hint });
}

/** A section whose schema and C struct do not match; `property` is a path, `reason` says how. */
export function sectionMismatch(collector: string, section: string, property: string, reason: string): TraceError {
  const place = property === "" ? `section "${section}"` : `property "${property}" of section "${section}"`;
  return new TraceError("SECTION_MISMATCH", `Cannot use collector "${collector}": ${place} ${reason}`, {
    hint: "Correct the section's schema or the struct in the hook, then recompile the hook",
  });
}

/** A wildcard in the group of tracepoints, and the list of groups cannot be read. */
export function tracepointGroupsUnknown(pattern: string, reason: string): TraceError {
  return new TraceError("NO_TRACEFS", `Cannot expand ${pattern}: tracefs cannot be read: ${reason}`, {
    hint: "Mount tracefs (mount -t tracefs tracefs /sys/kernel/tracing) or write full names",
  });
}

/** Neither the user nor a collector requested a probe that can be attached. */
export function nothingToProbe(): TraceError {
  return new TraceError("NOTHING_TO_PROBE", "Cannot collect events: no probe to attach", {
    hint: "Name a probe that handles packets, e.g. -p net:netif_receive_skb, or add a collector that brings its own, e.g. -c skb,skb-drop",
  });
}

/** An INPUT argument that names no file. */
export function inputMissing(path: string): TraceError {
  return new TraceError("INPUT_MISSING", `Cannot read ${path}: no such file`, {
    hint: "The parts of a rotated file are called NAME.0, NAME.1, …; NAME.0.. means all of them",
    exitCode: 2,
  });
}

/** `$PAGER` could not be started. */
export function pagerNotStarted(command: string, reason: string): TraceError {
  return new TraceError("PAGER", `Cannot start the pager "${command}": ${reason}`, {
    hint: "Set PAGER to another program, or NOPAGER=1 for none",
  });
}

/** The directory of a new collector cannot be written; `cause` is the system error. */
export function collectorNotCreated(directory: string, cause: unknown): TraceError {
  const exists = (cause as { code?: string }).code === "EEXIST";
  return new TraceError("COLLECTOR_NEW", `Cannot create a collector in ${directory}: ${exists ? "it exists already" : reasonOf(cause)}`, {
    hint: exists
      ? "Name a directory that does not exist yet; nothing is overwritten"
      : "Name a directory whose parent exists and is writable",
  });
}

/** Addresses of kernel symbols are hidden from this process, so functions cannot be probed. */
export function addressesHidden(): TraceError {
  return new TraceError("ADDRESSES_HIDDEN", "Cannot probe functions: the kernel hides the addresses of its symbols from this process", {
    hint: "Run as root with CAP_SYSLOG, or set the sysctl kernel.kptr_restrict to 0",
  });
}

/** Functions cannot be probed on this kernel. */
export function noKprobes(): TraceError {
  return new TraceError("NO_KPROBES", "Cannot probe functions: this kernel has no kprobes (CONFIG_KPROBES)", {
    hint: "Probe tracepoints instead, e.g. tp:net:netif_receive_skb; 'retis inspect' lists them",
  });
}

/** A filter whose generated code is too long; `kind` is "packet filter" or "meta filter". */
export function filterTooLong(kind: string, instructions: number, room: number): TraceError {
  return new TraceError("FILTER_TOO_LONG", `The ${kind} is too long: ${instructions} BPF instructions, and there is room for ${room}`, {
    hint: "Use ranges instead of long lists: net 10.0.0.0/8 and portrange 8000-8100 in a packet filter, < and > in a meta filter",
  });
}

/** A packet filter that libpcap rejects; `message` is that of libpcap, `hint` says where it stopped if that is known. */
export function invalidPacketFilter(expression: string, message: string, hint: string | undefined): TraceError {
  return new TraceError("PACKET_FILTER", `Invalid packet filter "${expression}": libpcap: ${message}`, {
    hint: [hint, "the syntax is that of tcpdump, pcap-filter(7)"].filter((part) => part !== undefined).join("; "),
  });
}

/** A packet filter that needs facts of a packet that are not in its bytes. */
export function unsupportedPacketFilter(expression: string, hint: string | undefined): TraceError {
  return new TraceError("PACKET_FILTER", `Packet filter "${expression}" cannot be evaluated: it uses facts that only packet sockets have`, {
    hint: hint ?? "write what members of the packet say as a meta filter, e.g. -m 'sk_buff.skb_iif == 3'",
  });
}

/** A meta filter that cannot be parsed or does not match the running kernel's types; `place` is the part that is wrong. */
export function invalidMetaFilter(
  expression: string,
  place: { readonly start: number; readonly end: number },
  reason: string,
  hint?: string,
): TraceError {
  return new TraceError("META_FILTER", `Invalid meta filter: ${reason}\n${marked(expression, place)}`, { hint });
}

/** More fields of one probe than its section has room for; in bytes. */
export function tooManyFields(probe: string, bytes: number, room: number): TraceError {
  return new TraceError("PROBE_FIELDS", `Invalid fields of a probe: those of ${probe} take ${bytes} bytes, and there is room for ${room}`, {
    hint: "Texts take up to 256 bytes each: leave some out",
  });
}

/** A text, and below it marks at the place that is wrong. */
function marked(text: string, { start, end }: { readonly start: number; readonly end: number }): string {
  const marks = "^".repeat(Math.max(1, Math.min(end, text.length) - start));
  return `  ${text.replaceAll(/\s/g, " ")}\n  ${" ".repeat(start)}${marks}`;
}

/** A list of fields of a probe, `PROBE:{…}`, that cannot be parsed or does not fit the kernel's types; `place` as above. */
export function invalidFields(
  fields: string,
  place: { readonly start: number; readonly end: number },
  reason: string,
  hint?: string,
): TraceError {
  return new TraceError("PROBE_FIELDS", `Invalid fields of a probe: ${reason}\n${marked(fields, place)}`, { hint });
}

/** A hook that was compiled with headers of another version, or changed ones; `reason` says what differs. */
export function hookFromOtherVersion(path: string, reason: string): TraceError {
  return new TraceError("HOOK_VERSION", `Cannot use hook ${path}: ${reason}`, {
    hint: "Recompile it with the headers of this version, which 'retis collector new' writes",
  });
}

/** A profile that is neither built in nor found in a directory of the search path. */
export function unknownProfile(name: string, known: readonly string[], suggestion: string | undefined): TraceError {
  const hint = `${choiceHint("Profiles", known, suggestion)}; a value with a / or ending in .yaml is a path`;
  return new TraceError("UNKNOWN_PROFILE", `Unknown profile "${name}"`, { hint, exitCode: 2 });
}

/** A profile file or directory that cannot be read or is not in the format; `reason` says where and how. */
export function invalidProfile(
  path: string,
  reason: string,
  options: { readonly hint?: string; readonly cause?: unknown } = {},
): TraceError {
  return new TraceError("INVALID_PROFILE", `Cannot use profile file ${path}: ${reason}`, options);
}

/** A profile file that another user could have written, read with privileges. */
export function unsafeProfile(path: string, reason: string, hint: string): TraceError {
  return new TraceError("UNSAFE_PROFILE", `Cannot use profile file ${path}: ${reason}`, { hint });
}

/** A well-formed profile that needs what this command or this build does not have. */
export function unusableProfile(name: string, command: string, reason: string, hint?: string): TraceError {
  const options = hint === undefined ? {} : { hint };
  return new TraceError("UNUSABLE_PROFILE", `Cannot apply profile "${name}" to ${command}: ${reason}`, options);
}

/** A pattern that matches no function and no tracepoint of the running kernel. */
export function nothingFits(pattern: string, near: readonly string[]): TraceError {
  const hint =
    near.length === 0 ? "In a pattern, * matches any run of characters, e.g. 'tcp_*' or 'skb:*'" : `Did you mean ${near.join(" or ")}?`;
  return new TraceError("NOTHING_FITS", `No function or tracepoint of the running kernel matches ${pattern}`, { hint });
}

/** The completion script could not be written to the path of `--register`; `cause` is the system error. */
export function scriptNotWritten(path: string, cause: unknown): TraceError {
  return new TraceError("SCRIPT_WRITE", `Cannot write the completion script to ${path}: ${systemReason(cause)}`, {
    hint: "Name a writable file or directory, or omit --register to print the script",
    cause,
  });
}

/** No event of the file comes from a requested probe; `wanted` empty: no kernel event at all. */
export function noProbeEvent(wanted: readonly string[], known: readonly string[]): TraceError {
  const reason = wanted.length === 0 ? "it has no event of a kernel probe" : `no event of probe ${wanted.join(" or ")}`;
  const shown = known.slice(0, 8).join(", ") + (known.length > 8 ? ", …" : "");
  const options = known.length === 0 ? {} : { hint: `Probes of this file: ${shown}; --list-probes shows them all` };
  return new TraceError("NO_PROBE_EVENT", `Cannot extract packets: ${reason}`, options);
}

/** Standard output is a terminal and the output is binary. */
export function captureToTerminal(): TraceError {
  return new TraceError("CAPTURE_TO_TERMINAL", "Cannot write a capture to a terminal", {
    hint: "Name a file, e.g. -o packets.pcapng, or pipe into a program: retis pcap | tshark -r -",
    exitCode: 2,
  });
}

/** The output would overwrite the file that is being read. */
export function outputIsInput(path: string): TraceError {
  return new TraceError("OUTPUT_IS_INPUT", `Cannot write to ${path}: it is the input`, { hint: "Name another file", exitCode: 2 });
}

/** A traceable function without type information. */
export function noFunctionTypes(name: string): TraceError {
  return new TraceError("NO_PROBE_TARGET", `Cannot probe ${name}: the kernel has no type information about its arguments`, {
    hint: "Functions of modules need CONFIG_DEBUG_INFO_BTF_MODULES (Linux 5.11+): probe a function of the kernel itself",
  });
}

/** What `retis explain` knows neither as a drop reason, nor as a function, nor as an error code; `sources` says where it was looked for. */
export function unknownDropReason(name: string, sources: string, near: readonly string[]): TraceError {
  const hint =
    near.length === 0 ? "'retis explain' lists all of them" : `Did you mean ${near.join(" or ")}? 'retis explain' lists all of them`;
  return new TraceError("UNKNOWN_REASON", `Unknown drop reason, function or error code "${name}": ${sources}`, { hint });
}

/** `retis script` without a file to run. */
export function scriptNotNamed(): TraceError {
  return new TraceError("SCRIPT_NOT_NAMED", "No script named", {
    hint: "Name a TypeScript file: retis script FILE.ts; --types prints the types for an editor",
    exitCode: 2,
  });
}

/** A script that is neither a file nor in one of the script directories. */
export function scriptMissing(name: string, directories: readonly string[]): TraceError {
  return new TraceError("SCRIPT_MISSING", `Cannot run script "${name}": no such file`, {
    hint: `Scripts named without a path are looked up in ${directories.join(" and ")}`,
    exitCode: 2,
  });
}

/** A script, or a file that it imports, that another user could have written, run with privileges. */
export function unsafeScript(path: string, reason: string, hint: string): TraceError {
  return new TraceError("UNSAFE_SCRIPT", `Cannot run script ${path}: ${reason}`, { hint });
}

/** An error in a user's script; `reason` says where and what. */
export function scriptFailed(path: string, reason: string): TraceError {
  return new TraceError("SCRIPT_FAILED", `Script ${path} failed: ${reason}`);
}

/** Series were requested from a file that is not sorted. */
export function notSorted(path: string): TraceError {
  return new TraceError("NOT_SORTED", `Cannot read series from ${path}: its events are not sorted`, {
    hint: "Sort it first: retis sort FILE -o sorted.json",
  });
}

/** `retis diagnose` could not record drops. */
export function recordingFailed(status: number): TraceError {
  return new TraceError("RECORDING", `Recording drops ended with exit status ${status}`, {
    hint: "The reason is above; 'retis doctor' shows what this host lacks",
  });
}

/** `retis python`, a command of the original tool. */
export function noPython(): TraceError {
  return new TraceError("NO_PYTHON", "No Python here: scripts of this retis are written in TypeScript", {
    hint: "See 'retis script --help'; to use Python, read files of 'retis collect -o NAME.json' with its package: pip install retis",
    exitCode: 2,
  });
}

/** Temporary data could not be written to `directory`; `cause` is the system error. */
export function scratchNotWritten(directory: string, cause: unknown): TraceError {
  return new TraceError("SCRATCH_WRITE", `Cannot write temporary data to ${directory}: ${systemReason(cause)}`, {
    hint: "Set TMPDIR to a directory with more space; compressed input and pipes need the size of their uncompressed events",
    cause,
  });
}

/** `--id` of `retis sort` that matches no packet, or several; `found` are the ids that begin with it. */
export function packetNotFound(id: string, found: readonly string[]): TraceError {
  const reason = found.length === 0 ? "no packet id begins with it" : "several packet ids begin with it";
  const hint =
    found.length === 0
      ? "The packet id follows # in the first line of each event of 'retis print'"
      : `Give more digits: ${found.join(", ")}`;
  return new TraceError("NO_PACKET", `No single packet for --id ${id}: ${reason}`, { hint });
}

/** `--interval` of `retis stats` that is too short for the recording; at most `most` intervals are counted. */
export function intervalTooShort(most: number): TraceError {
  return new TraceError("INTERVAL_TOO_SHORT", `Interval too short: the events span more than ${most} of them`, {
    hint: "Choose a longer one, e.g. --interval 10s, or omit --interval",
    exitCode: 2,
  });
}

/** /proc is not mounted, which neither Bun nor we can do without; printed by the entry code of the executable. */
export function procNotMounted(): TraceError {
  return new TraceError("NO_PROC", "Cannot start: /proc is not mounted", { hint: "Mount it: mount -t proc proc /proc" });
}

/** Any other failure: a defect of this program. */
export function internalError(cause: unknown): TraceError {
  return new TraceError("INTERNAL", `Internal error: ${reasonOf(cause)}`, {
    hint: "This is a bug in retis: please report it with the output of --log-level debug",
    cause,
  });
}
