/** What `retis collect` has to do: parsed, checked and with every default filled in. */

/** How events are laid out on stdout. */
export type TextFormat = "single-line" | "multi-line" | "json" | "flat" | "compact";

/** How the times of events are shown: since boot, local or UTC time of day, or since the event before. */
export type TimeMode = "boot" | "local" | "utc" | "delta";

/** The event file of `--out`. */
export interface OutputFile {
  readonly path: string;
  readonly form: "cbor" | "json";
  /** The name ends in `.zst`: compress. */
  readonly zstd: boolean;
  /** `--out-rotate`, in bytes; undefined: one file. */
  readonly rotate: number | undefined;
}

/** Which collectors `-c` names. The ones to try are passed beside the options, in processing order. */
export interface CollectorChoice {
  /** `auto` was given: collectors that cannot run here are skipped, unless they are {@link required}. */
  readonly auto: boolean;
  /** Nothing but `auto` was given, so default probes may be used (spec engine 2.5). */
  readonly onlyAuto: boolean;
  /** Names of the collectors that were given one by one; one that cannot run is a fatal error. */
  readonly required: readonly string[];
  /** Names of collectors that only accompany others, see `Collector.companions`. */
  readonly companions: readonly string[];
  /** An option that was given of each collector, by collector name; a fatal error too if that one cannot run. */
  readonly optionsGiven: ReadonlyMap<string, string>;
}

/** What packets a run is about, as typed; undefined: whatever. */
export interface CollectScope {
  /** `--dev`: name of the device. */
  readonly dev: string | undefined;
  /** `--netns`: name, process id, inode number or path. */
  readonly netns: string | undefined;
  /** `--container`: name, pod or id. */
  readonly container: string | undefined;
  /** `--process`: process id. */
  readonly process: string | undefined;
}

export interface CollectOptions {
  readonly choice: CollectorChoice;
  /** Options of each collector that is tried, by collector name, valid against its schema, defaults filled in. */
  readonly collectorOptions: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** `--probe`, as written. */
  readonly probes: readonly string[];
  /** `--filter-packet`: an expression of pcap-filter(7), as written; undefined: every packet passes. */
  readonly filterPacket: string | undefined;
  /** `--filter-meta`: an expression about members of kernel structs, as written; undefined: every packet passes. */
  readonly filterMeta: string | undefined;
  readonly scope: CollectScope;
  /** With the format `compact`: count drops that are normal instead of showing each. */
  readonly fold: boolean;
  /** With the format `compact`: rows a second that are shown; the others are counted. */
  readonly maxRate: number;
  /** `--stack`: report stack traces at every kernel probe. */
  readonly stack: boolean;
  /** `--probe-stack`: functions on the stacks of matching packets become probes. */
  readonly probeStack: boolean;
  readonly out: OutputFile | undefined;
  /** `--save-records`: file for the raw records; undefined: none. */
  readonly saveRecords: string | undefined;
  /** Write events to stdout: no `--out`, or `--print`. */
  readonly print: boolean;
  readonly format: TextFormat;
  /** `-e`. */
  readonly linkLayer: boolean;
  /** `--time` or `--utc`. */
  readonly time: TimeMode;
  /** Shell command of `--cmd`; the collection ends with it. */
  readonly command: string | undefined;
  /** `--stop-after`, in events; 0: never. */
  readonly stopAfter: number;
  readonly allowSystemChanges: boolean;
  /** `--user`: who records once everything is attached; undefined: the present user. */
  readonly user: string | undefined;
  /** Kernel configuration file; undefined: look for it. */
  readonly kconf: string | undefined;
  /** Bytes of all rings of events together: a power of two, at least one page. */
  readonly ringSize: number;
  /** `--rings`: rings that share `ringSize`; undefined: as many as suit the CPUs. */
  readonly rings: number | undefined;
  /** Entries of the tracking table. */
  readonly trackingSize: number;
  /** The command line as typed, arguments joined by single spaces, for the startup event. */
  readonly commandLine: string;
}
