/**
 * Every error that a person can see is made here, one constructor each, so that wording and codes stay in one place
 * and docs/errors.md can be held to this file by a test.
 */

/** An error meant for the person at the terminal: what could not be done, why, and what to do next. */
export class TraceError extends Error {
  override readonly name = "TraceError";

  /**
   * @param code stable identifier, e.g. `NO_PRIVILEGE`; listed in docs/errors.md
   * @param message "Cannot <act> as <reason>", capital first letter, no trailing period
   * @param options.hint the next step for the person; a sentence without trailing period
   * @param options.exitCode 1 for run-time errors (default), 2 for wrong usage
   */
  constructor(
    readonly code: string,
    message: string,
    readonly options: { readonly hint?: string; readonly cause?: unknown; readonly exitCode?: 1 | 2 } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
  }
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
  return new TraceError("MISSING_COMMAND", `Cannot run "${path}" as it needs a subcommand`, { hint, exitCode: 2 });
}

/** A subcommand that does not exist. */
export function unknownCommand(name: string, known: readonly string[], suggestion: string | undefined): TraceError {
  const hint = choiceHint("Subcommands", known, suggestion);
  return new TraceError("UNKNOWN_COMMAND", `Cannot run subcommand "${name}" as there is none of that name`, { hint, exitCode: 2 });
}

/** A prefix that fits several subcommands. */
export function ambiguousCommand(prefix: string, matches: readonly string[]): TraceError {
  return new TraceError("AMBIGUOUS_COMMAND", `Cannot run subcommand "${prefix}" as several begin like that: ${quoted(matches)}`, {
    hint: "Type more letters of the one you mean",
    exitCode: 2,
  });
}

/** A collector name (in `-c`, `collector show`) that is neither built in nor found in a collector directory. */
export function unknownCollector(name: string, known: readonly string[], suggestion: string | undefined): TraceError {
  const hint = choiceHint("Collectors", known, suggestion);
  return new TraceError("UNKNOWN_COLLECTOR", `Cannot use collector "${name}" as there is none of that name`, { hint, exitCode: 2 });
}

/** A value that an option does not take; `reason` continues the sentence, e.g. `it is not a number`. */
export function invalidOption(flag: string, value: string, reason: string, hint?: string): TraceError {
  const options = hint === undefined ? {} : { hint };
  return new TraceError("INVALID_OPTION", `Cannot use "${value}" for ${flag} as ${reason}`, { ...options, exitCode: 2 });
}

/** An option that was given more than once. */
export function repeatedOption(flag: string): TraceError {
  return new TraceError("REPEATED_OPTION", `Cannot use ${flag} as it was given more than once`, { exitCode: 2 });
}

/** An option that makes sense only beside another one. */
export function optionNeedsOther(flag: string, other: string): TraceError {
  return new TraceError("OPTION_NEEDS_OTHER", `Cannot use ${flag} as it needs ${other}`, { exitCode: 2 });
}

/** A third-party collector in a place that somebody else could have written to. */
export function unsafePlugin(folder: string, reason: string, hint: string): TraceError {
  return new TraceError("UNSAFE_PLUGIN", `Cannot load collector ${folder} as ${reason}`, { hint });
}

/** A third-party collector that is missing, does not parse or breaks the contract; `reason` says where and how. */
export function faultyPlugin(
  folder: string,
  reason: string,
  options: { readonly hint?: string; readonly cause?: unknown } = {},
): TraceError {
  return new TraceError("FAULTY_PLUGIN", `Cannot load collector ${folder} as ${reason}`, options);
}

/** A third-party collector that claims a name, section or option that is already taken. */
export function conflictingPlugin(folder: string, reason: string): TraceError {
  return new TraceError("CONFLICTING_PLUGIN", `Cannot load collector ${folder} as ${reason}`, {
    hint: "Remove one of the two, or ask its author for another name",
  });
}

/** An event file (or a part of it) could not be written; `cause` is the system error. */
export function eventFileNotWritten(path: string, cause: unknown): TraceError {
  const hints: Readonly<Record<string, string>> = {
    ENOSPC: "Free some space or choose another file system; what was written before stays readable",
    EDQUOT: "Raise the quota or choose another file system; what was written before stays readable",
    EPIPE: "The reader at the other end has gone; what it read before is complete",
  };
  const hint = hints[(cause as { code?: string }).code ?? ""];
  const message = `Cannot write ${path} as ${systemReason(cause)}`;
  return new TraceError("FILE_WRITE", message, hint === undefined ? { cause } : { cause, hint });
}

/** "no space left on device (ENOSPC)" for an error of node:fs, which says "ENOSPC: no space left on device, write". */
function systemReason(cause: unknown): string {
  const parts = /^([A-Z][A-Z0-9]+): ([^,]+)/.exec(reasonOf(cause));
  return parts ? `${parts[2]} (${parts[1]})` : reasonOf(cause);
}

/** An event file could not be opened or read; `cause` is the system error. */
export function eventFileNotRead(path: string, cause: unknown): TraceError {
  return new TraceError("FILE_READ", `Cannot read ${path} as ${systemReason(cause)}`, { cause });
}

/** The input is no event file; `found` says what it is instead ("it is empty", "it is a gzip archive"). */
export function notAnEventFile(path: string, found: string): TraceError {
  return new TraceError("FILE_FORMAT", `Cannot read ${path} as ${found}`, {
    hint: "Give a file made by 'retis collect -o' or 'retis sort -o'; docs/file-format.md describes it",
  });
}

/** The event file was made by a version whose format this program does not know. */
export function unsupportedFileVersion(path: string, version: string): TraceError {
  return new TraceError("FILE_VERSION", `Cannot read ${path} as it was made by an unsupported version: ${version}`, {
    hint: "Versions 1.5.0 and newer of the JSON form and version 1 of the CBOR form can be read",
  });
}

/** A system call that is not about any file or option failed; `errno` is its name. */
export function syscallFailed(action: string, errno: string): TraceError {
  return new TraceError("SYSCALL", `Cannot ${action} as the kernel answered ${errno}`, {
    hint: "Run 'retis doctor' to see what this host lacks",
  });
}

/** A shared library that the executable carries could not be loaded. */
export function libraryNotLoaded(name: string, reason: string): TraceError {
  return new TraceError("LIBRARY", `Cannot load the built-in ${name} as ${reason}`, {
    hint: "Set the sysctl vm.memfd_noexec to 0 or 1, or make /run executable; a C library of glibc 2.33 or newer is needed",
  });
}

/** BPF objects could not be linked; `messages` are libbpf's own words. */
export function objectNotLinked(name: string, errno: string, messages: readonly string[]): TraceError {
  return new TraceError("BPF_LINK", `Cannot link ${name} as libbpf answered ${[errno, ...messages].join("; ")}`, {
    hint: "Rebuild the collector's hook with the headers of this version ('retis collector new' writes them)",
  });
}

/** A BPF object is not what libbpf expects. */
export function objectNotOpened(name: string, reason: string, messages: readonly string[]): TraceError {
  return new TraceError("BPF_OPEN", `Cannot open BPF object ${name} as ${[reason, ...messages].join("; ")}`);
}

const loadHints: Readonly<Record<string, string>> = {
  EPERM: "Run as root, or with CAP_BPF, CAP_PERFMON and CAP_SYS_ADMIN; kernel lockdown forbids it too ('retis doctor' tells)",
  ENOMEM: "Raise the locked-memory limit (ulimit -l unlimited) or choose a smaller --ring-size",
  EINVAL: "Run 'retis doctor' to see which kernel features are missing; with a third-party collector, try without it",
  EACCES: "The verifier refused a hook; with a third-party collector, try without it, otherwise please report this",
};

/** The kernel refused a BPF object; `messages` end with the verifier's last lines. */
export function objectNotLoaded(name: string, errno: string, messages: readonly string[]): TraceError {
  const hint = loadHints[errno];
  const detail = messages.join("\n").split("\n").slice(-12).join("\n");
  return new TraceError("BPF_LOAD", `Cannot load BPF object ${name} as the kernel answered ${errno}`, {
    ...(hint === undefined ? {} : { hint }),
    ...(detail === "" ? {} : { cause: new Error(detail) }),
  });
}

/** A call on a BPF map failed. */
export function mapCallFailed(action: string, map: string, reason: string): TraceError {
  return new TraceError("BPF_MAP", `Cannot ${action} BPF map ${map} as ${reason}`);
}

/** Type information of the running kernel is missing or unreadable. */
export function kernelTypesUnavailable(path: string, cause: unknown): TraceError {
  return new TraceError("NO_BTF", `Cannot read the kernel's type information from ${path} as ${reasonOf(cause)}`, {
    hint: "Use a kernel built with CONFIG_DEBUG_INFO_BTF=y, as those of current distributions are",
    cause,
  });
}

/** The file given as `--kconf` cannot be used. */
export function kernelConfigUnreadable(path: string, cause: unknown): TraceError {
  return new TraceError("KERNEL_CONFIG", `Cannot read the kernel configuration ${path} as ${reasonOf(cause)}`, {
    hint: "Give a file in the format of /proc/config.gz or /boot/config-<release>",
    cause,
  });
}

/** The list of kernel symbols cannot be used. */
export function kernelSymbolsUnavailable(path: string, cause: unknown): TraceError {
  return new TraceError("NO_SYMBOLS", `Cannot read kernel symbols from ${path} as ${reasonOf(cause)}`, {
    hint: "Run as root, or with CAP_SYSLOG and sysctl kernel.kptr_restrict at 0 or 1",
    cause,
  });
}

/** A kernel version requirement is not of the form `>= 5.17, < 6.4`. */
export function invalidVersionRequirement(text: string, reason: string): TraceError {
  return new TraceError("VERSION_REQUIREMENT", `Cannot use kernel version requirement "${text}" as ${reason}`, {
    hint: "Write comparisons joined by commas, each an operator (=, !=, >, <, >=, <=) and major[.minor[.patch[-build]]]",
    exitCode: 2,
  });
}

/** No function or tracepoint of the running kernel fits a probe pattern. */
export function noProbeTarget(pattern: string, wanted: "traceable function" | "tracepoint", near: readonly string[]): TraceError {
  return new TraceError(
    "NO_PROBE_TARGET",
    `Cannot probe ${pattern} as the running kernel has no such ${wanted}`,
    near.length === 0 ? {} : { hint: `Did you mean ${near.join(" or ")}?` },
  );
}

/** A probe that cannot be parsed. */
export function invalidProbe(text: string, reason: string): TraceError {
  return new TraceError("INVALID_PROBE", `Cannot use probe "${text}" as ${reason}`, {
    hint: "A probe is written [TYPE:]TARGET[/stack][/optional], e.g. tp:skb:kfree_skb or net:netif_*",
    exitCode: 2,
  });
}

/** A variable that core or a collector expects is not in the BPF object. */
export function constantMissing(name: string, object: string): TraceError {
  return new TraceError("BPF_VARIABLE", `Cannot set up BPF object ${object} as it has no variable ${name}`, {
    hint: "Declare it in the hook with RETIS_SECTION, RETIS_ARG or RETIS_CONST under the collector's own name",
  });
}

/** A collector's hook object cannot be read or holds no single hook. */
export function unusableHook(path: string, reason: string, cause?: unknown): TraceError {
  return new TraceError("HOOK", `Cannot use hook ${path} as ${reason}`, {
    hint: "Compile it with clang -g -O2 -target bpf and exactly one RETIS_HOOK or RETIS_CONTEXT_HOOK in it",
    ...(cause === undefined ? {} : { cause }),
  });
}

/** More hooks, sections or argument types than one run can have. */
export function tooMany(what: string, limit: number): TraceError {
  return new TraceError("TOO_MANY", `Cannot use so many ${what} as one run has room for ${limit}`, {
    hint: "Choose fewer collectors with -c",
  });
}

/** The kernel refused to attach a probe. */
export function notAttached(symbol: string, errno: string): TraceError {
  return new TraceError("ATTACH", `Cannot attach to ${symbol} as the kernel answered ${errno}`, {
    hint:
      errno === "EOPNOTSUPP"
        ? "The kernel was built without kprobes: probe tracepoints instead, e.g. tp:net:netif_receive_skb"
        : "Leave the probe out, or run 'retis doctor' to see what this kernel allows",
  });
}

/** A collector that was asked for by name cannot run here. */
export function collectorCannotRun(name: string, reason: string, hint?: string): TraceError {
  return new TraceError("COLLECTOR_UNAVAILABLE", `Cannot run collector ${name} as ${reason}`, hint === undefined ? {} : { hint });
}

/** The process lacks privileges that tracing needs. */
export function missingPrivilege(action: string, missing: readonly string[]): TraceError {
  return new TraceError("NO_PRIVILEGE", `Cannot ${action} as this process lacks ${missing.join(", ")}`, {
    hint: "Run it as root, e.g. with sudo, outside of unprivileged containers",
  });
}

/** Standard output could not be written; `cause` is the system error. */
export function outputNotWritten(cause: unknown): TraceError {
  const full = ["ENOSPC", "EDQUOT"].includes((cause as { code?: string }).code ?? "");
  const hint = full ? { hint: "Free some space or send the output elsewhere" } : {};
  return new TraceError("OUTPUT_WRITE", `Cannot write to standard output as ${reasonOf(cause)}`, { cause, ...hint });
}

/** A section whose schema and C struct do not fit together; `property` is a path, `reason` says how. */
export function sectionMismatch(collector: string, section: string, property: string, reason: string): TraceError {
  const place = property === "" ? `section "${section}"` : `property "${property}" of section "${section}"`;
  return new TraceError("SECTION_MISMATCH", `Cannot use collector "${collector}" as ${place} ${reason}`, {
    hint: "Correct the section's schema or the struct in the hook, then compile the hook again",
  });
}

/** A wildcard names a group of tracepoints, and the list of groups cannot be read. */
export function tracepointGroupsUnknown(pattern: string, reason: string): TraceError {
  return new TraceError("NO_TRACEFS", `Cannot tell which tracepoints ${pattern} means as tracefs cannot be read: ${reason}`, {
    hint: "Mount tracefs (mount -t tracefs tracefs /sys/kernel/tracing) or write whole names",
  });
}

/** Neither a person nor a collector asked for any probe that makes sense. */
export function nothingToProbe(): TraceError {
  return new TraceError("NOTHING_TO_PROBE", "Cannot collect events as no probe is left to attach", {
    hint: "Name a probe that handles packets, e.g. -p net:netif_receive_skb, or add a collector that brings its own, e.g. -c skb,skb-drop",
  });
}

/** An INPUT argument that names nothing. */
export function inputMissing(path: string): TraceError {
  return new TraceError("INPUT_MISSING", `Cannot read ${path} as there is no such file`, {
    hint: "Give an event file; the parts of a rotated one are called NAME.0, NAME.1, … and NAME.0.. means all of them",
    exitCode: 2,
  });
}

/** `$PAGER` could not be started; `reason` continues the sentence. */
export function pagerNotStarted(command: string, reason: string): TraceError {
  return new TraceError("PAGER", `Cannot start the pager "${command}" as ${reason}`, {
    hint: "Set PAGER to another program, or NOPAGER=1 for none",
  });
}

/** The folder of a new collector cannot be written; `cause` is the system error. */
export function collectorNotCreated(folder: string, cause: unknown): TraceError {
  const exists = (cause as { code?: string }).code === "EEXIST";
  return new TraceError("COLLECTOR_NEW", `Cannot create a collector in ${folder} as ${exists ? "that exists already" : reasonOf(cause)}`, {
    hint: exists
      ? "Name a folder that does not exist yet; nothing is ever overwritten"
      : "Name a folder whose parent exists and can be written",
  });
}

/** Addresses of kernel symbols are hidden from this process, so functions cannot be probed. */
export function addressesHidden(): TraceError {
  return new TraceError("ADDRESSES_HIDDEN", "Cannot probe functions as the kernel hides its symbols' addresses from this process", {
    hint: "Run as root with CAP_SYSLOG, or set the sysctl kernel.kptr_restrict to 0",
  });
}

/** A filter whose generated code does not fit; `kind` is "packet filter" or "meta filter". */
export function filterTooLong(kind: string, instructions: number, room: number): TraceError {
  return new TraceError(
    "FILTER_TOO_LONG",
    `Cannot use the ${kind} as it takes ${instructions} BPF instructions and there is room for ${room}`,
    {
      hint: "Use ranges instead of long lists: net 10.0.0.0/8 and portrange 8000-8100 in a packet filter, < and > in a meta filter",
    },
  );
}

/** A packet filter that libpcap does not accept; `message` is libpcap's own, `hint` says where it stopped if that is known. */
export function invalidPacketFilter(expression: string, message: string, hint: string | undefined): TraceError {
  return new TraceError("PACKET_FILTER", `Cannot use packet filter "${expression}" as libpcap answered: ${message}`, {
    hint: [hint, "'man pcap-filter' describes the language"].filter((part) => part !== undefined).join("; "),
  });
}

/** A meta filter that cannot be parsed or does not fit the running kernel's types; `place` is the part that is at fault. */
export function invalidMetaFilter(
  expression: string,
  place: { readonly start: number; readonly end: number },
  reason: string,
  hint?: string,
): TraceError {
  const marks = "^".repeat(Math.max(1, Math.min(place.end, expression.length) - place.start));
  const pointer = `  ${expression.replaceAll(/\s/g, " ")}\n  ${" ".repeat(place.start)}${marks}`;
  const options = hint === undefined ? {} : { hint };
  return new TraceError("META_FILTER", `Cannot use the meta filter as ${reason}\n${pointer}`, options);
}

/** A hook whose headers are not those of this version; its structs do not fit. */
export function hookFromOtherVersion(path: string): TraceError {
  return new TraceError("HOOK_VERSION", `Cannot use hook ${path} as it was compiled with the headers of another version of retis`, {
    hint: "Compile it again with the headers of this version, which 'retis collector new' writes",
  });
}

/** A profile name that is in no directory of the search path and not built in. */
export function unknownProfile(name: string, known: readonly string[], suggestion: string | undefined): TraceError {
  const hint = `${choiceHint("Profiles", known, suggestion)}; a path is told by a / in it or by .yaml at its end`;
  return new TraceError("UNKNOWN_PROFILE", `Cannot use profile "${name}" as there is none of that name`, { hint, exitCode: 2 });
}

/** A profile file or directory that cannot be read or is not in the format; `reason` says where and how. */
export function invalidProfile(
  path: string,
  reason: string,
  options: { readonly hint?: string; readonly cause?: unknown } = {},
): TraceError {
  return new TraceError("INVALID_PROFILE", `Cannot use profile file ${path} as ${reason}`, options);
}

/** A profile that is well formed but asks for what this command or this build does not have. */
export function unusableProfile(name: string, command: string, reason: string, hint?: string): TraceError {
  const options = hint === undefined ? {} : { hint };
  return new TraceError("UNUSABLE_PROFILE", `Cannot apply profile "${name}" to ${command} as ${reason}`, options);
}

/** A pattern that neither a function nor a tracepoint of the running kernel fits. */
export function nothingFits(pattern: string, near: readonly string[]): TraceError {
  const hint =
    near.length === 0 ? "In a pattern, * stands for any run of characters, e.g. 'tcp_*' or 'skb:*'" : `Did you mean ${near.join(" or ")}?`;
  return new TraceError("NOTHING_FITS", `Cannot find ${pattern} as no function or tracepoint of the running kernel fits it`, { hint });
}

/** The completion script could not be written to the place given with `--register`; `cause` is the system error. */
export function scriptNotWritten(path: string, cause: unknown): TraceError {
  return new TraceError("SCRIPT_WRITE", `Cannot write the completion script to ${path} as ${systemReason(cause)}`, {
    hint: "Name a file or directory that can be written, or leave --register out to print the script",
    cause,
  });
}

/** No event of the file is of a probe that was asked for; `wanted` empty: no kernel event at all. */
export function noProbeEvent(wanted: readonly string[], known: readonly string[]): TraceError {
  const reason = wanted.length === 0 ? "it has no event of a kernel probe" : `none of its events is of probe ${wanted.join(" or ")}`;
  const shown = known.slice(0, 8).join(", ") + (known.length > 8 ? ", …" : "");
  const options = known.length === 0 ? {} : { hint: `Probes of this file: ${shown}; --list-probes shows them all` };
  return new TraceError("NO_PROBE_EVENT", `Cannot take packets from the file as ${reason}`, options);
}

/** Binary data would go to a terminal. */
export function captureToTerminal(): TraceError {
  return new TraceError("CAPTURE_TO_TERMINAL", "Cannot write the capture to standard output as that is a terminal", {
    hint: "Name a file, e.g. -o packets.pcapng, or pipe into a program: retis pcap | tshark -r -",
    exitCode: 2,
  });
}

/** The output would overwrite the file that is being read. */
export function outputIsInput(path: string): TraceError {
  return new TraceError("OUTPUT_IS_INPUT", `Cannot write to ${path} as that is the input`, { hint: "Name another file", exitCode: 2 });
}

/** A function that could be traced, but whose arguments nothing describes. */
export function noFunctionTypes(name: string): TraceError {
  return new TraceError("NO_PROBE_TARGET", `Cannot probe ${name} as the kernel has no type information about its arguments`, {
    hint: "Modules of kernels before 5.11 have none (CONFIG_DEBUG_INFO_BTF_MODULES): probe a function of the kernel itself",
  });
}

/** A drop reason of `retis explain` that is nowhere listed; `sources` says who does not know it. */
export function unknownDropReason(name: string, sources: string, near: readonly string[]): TraceError {
  const hint =
    near.length === 0 ? "`retis explain` lists all reasons" : `Did you mean ${near.join(" or ")}? \`retis explain\` lists all reasons`;
  return new TraceError("UNKNOWN_REASON", `Cannot explain drop reason "${name}" as ${sources}`, { hint });
}

/** `retis script` without a file to run. */
export function scriptNotNamed(): TraceError {
  return new TraceError("SCRIPT_NOT_NAMED", "Cannot run a script as none was named", {
    hint: "Name a TypeScript file: retis script FILE.ts; docs/scripts.md has some to begin with, --types prints the types for an editor",
    exitCode: 2,
  });
}

/** A script that is neither a file nor in one of the folders of scripts. */
export function scriptMissing(name: string, folders: readonly string[]): TraceError {
  return new TraceError("SCRIPT_MISSING", `Cannot run script "${name}" as there is no such file`, {
    hint: `Scripts that are named without their path are looked for in ${folders.join(" and ")}`,
    exitCode: 2,
  });
}

/** A script, found by its name, in a place that somebody else could have written to. */
export function unsafeScript(folder: string, reason: string, hint: string): TraceError {
  return new TraceError("UNSAFE_SCRIPT", `Cannot run scripts of ${folder} as ${reason}`, { hint });
}

/** A fault in a user's script; `reason` says where and what. */
export function scriptFailed(path: string, reason: string): TraceError {
  return new TraceError("SCRIPT_FAILED", `Cannot go on with script ${path} as ${reason}`);
}

/** Series were asked for of a file that holds single events. */
export function notSorted(path: string): TraceError {
  return new TraceError("NOT_SORTED", `Cannot read series from ${path} as its events are not sorted`, {
    hint: "Sort it first: retis sort FILE -o sorted.json",
  });
}

/** `retis python`, which the original tool has. */
export function noPython(): TraceError {
  return new TraceError("NO_PYTHON", "Cannot run Python as scripts of this retis are in TypeScript", {
    hint: "See `retis script --help`; from Python, read files of `retis collect -o NAME.json` with the published package: pip install retis",
    exitCode: 2,
  });
}

/** Temporary data could not be kept; `folder` is where it should go, `cause` the system error. */
export function scratchNotWritten(folder: string, cause: unknown): TraceError {
  return new TraceError("SCRATCH_WRITE", `Cannot keep temporary data in ${folder} as ${systemReason(cause)}`, {
    hint: "Set TMPDIR to a folder with more space; compressed input and pipes need as much as their events take uncompressed",
    cause,
  });
}

/** `--id` of `retis sort` that names no journey, or several; `found` are the ids that begin like it. */
export function journeyNotFound(id: string, found: readonly string[]): TraceError {
  const reason = found.length === 0 ? "no journey has an id that begins like it" : "several ids begin like it";
  const hint =
    found.length === 0 ? "An id stands behind # in the first line of each event of 'retis print'" : `Give more digits: ${found.join(", ")}`;
  return new TraceError("NO_JOURNEY", `Cannot choose journey ${id} as ${reason}`, { hint });
}

/** `--interval` of `retis stats` that is too short for the recording; `most` intervals are told apart. */
export function intervalTooShort(most: number): TraceError {
  return new TraceError(
    "INTERVAL_TOO_SHORT",
    `Cannot count by intervals this short as the events are spread over more than ${most} of them`,
    {
      hint: "Choose a longer one, e.g. --interval 10s, or none",
      exitCode: 2,
    },
  );
}
