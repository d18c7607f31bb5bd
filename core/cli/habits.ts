/** What to write instead of command lines that users of tcpdump and pwru have in their fingers. */

/** A hint, from the value that follows the option if there is one. */
type Habit = (value: string) => string;

interface HabitEntry {
  readonly takesValue: boolean;
  /** Whether it helps with every command, not only with `collect`. */
  readonly everywhere: boolean;
  readonly hint: Habit;
}

const withValue = (hint: Habit): HabitEntry => ({ takesValue: true, everywhere: false, hint });
const alone = (hint: string): HabitEntry => ({ takesValue: false, everywhere: false, hint: () => hint });

const everywhere = (entry: HabitEntry): HabitEntry => ({ ...entry, everywhere: true });

const interfaces = withValue((name) =>
  name === "any" || name === "" ? "All interfaces are traced; for one: --dev eth0" : `For one interface: --dev ${name}`,
);
const numeric = everywhere(alone("Addresses and ports are always shown as numbers: leave it out"));
const verbose = everywhere(
  alone("More about each packet: -e, and --skb-sections all when collecting; messages of retis: --log-level debug before the subcommand"),
);
const writeFile = withValue((file) => `Write events with -o ${file || "FILE"}; 'retis pcap' makes a capture of them`);
const readFile = everywhere(withValue((file) => `'retis print ${file || "FILE"}' shows the events of a file`));
const snapshotLength = withValue((bytes) => `Bytes of each packet to capture: --skb-snaplen${/^[1-9]\d*$/.test(bytes) ? ` ${bytes}` : ""}`);
const bytesOfPackets = alone("For the bytes of packets: -o FILE, then 'retis pcap FILE'");
const unbuffered = alone("Events are always written as they come: leave it out");
const quiet = everywhere(alone("For one line an event: --format single-line"));
const wallClock = everywhere(alone("For the time of day: --utc"));
const direction = withValue((side) => `For one direction: -f ${side === "out" ? "outbound" : "inbound"}`);
const rotation = withValue(() => "For several files of limited size: -o FILE --out-rotate 100MB");

/** Options of tcpdump(1) that are not options of ours. */
const TCPDUMP: Readonly<Record<string, HabitEntry>> = {
  "-i": interfaces,
  "--interface": interfaces,
  "-n": numeric,
  "-v": verbose,
  "--verbose": verbose,
  "-w": writeFile,
  "-r": readFile,
  "-s": snapshotLength,
  "--snapshot-length": snapshotLength,
  "-A": bytesOfPackets,
  "-x": bytesOfPackets,
  "-X": bytesOfPackets,
  "-l": unbuffered,
  "-U": unbuffered,
  "-q": quiet,
  "-t": wallClock,
  "-Q": direction,
  "--direction": direction,
  "-C": rotation,
  "-G": rotation,
  "-W": rotation,
  "-D": alone("'ip link' lists interfaces; all are traced"),
  "--list-interfaces": alone("'ip link' lists interfaces; all are traced"),
  "-F": withValue((file) => `For a filter from a file: -f "$(cat ${file || "FILE"})"`),
  "--count": withValue((count) => `To stop after some events: --stop-after ${count || "N"}`),
};

/** Options of pwru(1). */
const PWRU: Readonly<Record<string, HabitEntry>> = {
  "--filter-func": withValue(
    () => "For kernel functions: -p NAME, where * matches any characters; 'retis inspect -p \"NAME*\"' lists them",
  ),
  "--filter-ifname": interfaces,
  "--filter-netns": withValue(() => "For one network namespace: --netns NAME, PID or INODE"),
  "--filter-mark": withValue((mark) => `For one mark: -m 'sk_buff.mark == ${mark || "0x1"}'`),
  "--filter-track-skb": alone("To track packets: -c skb,skb-tracking, then 'retis sort'"),
  "--filter-track-skb-by-stackid": alone("To track packets: -c skb,skb-tracking, then 'retis sort'"),
  "--all-kmods": alone("Functions and tracepoints of modules can always be probed with -p: leave it out"),
  "--backend": withValue(() => "The kernel's fastest way to attach is always used: leave it out"),
  "--output-meta": alone("For device, namespace and metadata: -c skb,dev,ns --skb-sections all"),
  "--output-tuple": alone("Packets are shown with -c skb: leave it out"),
  "--output-skb": alone("For more about each packet: --skb-sections all"),
  "--output-skb-shared-info": alone("For more about each packet: --skb-sections all"),
  "--output-stack": alone("For stack traces: --stack"),
  "--output-json": alone("For JSON lines: --format json"),
  "--output-file": writeFile,
  "--output-limit-lines": withValue((count) => `To stop after some events: --stop-after ${count || "N"}`),
  "--timestamp": withValue(() => "For the time of day: --utc"),
};

const HABITS: Readonly<Record<string, HabitEntry>> = { ...TCPDUMP, ...PWRU };

/**
 * What to write instead of an option that the command does not have, or undefined when it is nobody's habit.
 *
 * @param collecting whether the command is `collect`, or may become it
 * @param option as typed: `--interface`, `-i`, with its value attached (`-ieth0`, `--interface=eth0`), or letters together (`-nn`)
 * @param next the argument after it, if there is one
 */
export function optionHabit(option: string, next: string | undefined, collecting: boolean): string | undefined {
  const [name = option, attached] = option.startsWith("--") ? option.split("=", 2) : [option];
  const value = attached ?? (next === undefined || next.startsWith("-") ? "" : next);
  const entry = habitOf(name, collecting);
  if (entry !== undefined) return entry.hint(value);
  return option.startsWith("--") ? undefined : lettersHabit(option.slice(1), value, collecting);
}

function habitOf(name: string, collecting: boolean): HabitEntry | undefined {
  const entry = Object.hasOwn(HABITS, name) ? HABITS[name] : undefined;
  return collecting || entry?.everywhere ? entry : undefined;
}

/** Letters behind one dash: each is an option, and what follows one that takes a value is its value. */
function lettersHabit(letters: string, next: string, collecting: boolean): string | undefined {
  const hints = new Set<string>();
  for (let at = 0; at < letters.length; at++) {
    const entry = habitOf(`-${letters[at]}`, collecting);
    if (entry === undefined) break;
    const rest = letters.slice(at + 1);
    hints.add(entry.hint(entry.takesValue && rest !== "" ? rest : next));
    if (entry.takesValue) break;
  }
  return hints.size === 0 ? undefined : [...hints].join("; ");
}

/** Words with which an expression of pcap-filter(7) begins. */
const FILTER_WORDS = new Set(
  (
    "arp atalk broadcast decnet dst ether fddi gateway geneve greater host icmp icmp6 igmp inbound ip ip6 less mpls multicast net not " +
    "outbound port portrange pppoes proto rarp sctp src tcp tr udp vlan wlan ah esp vxlan"
  ).split(" "),
);

/** Whether the arguments look like a packet filter without `-f`, as tcpdump and pwru take them. */
export function looksLikeFilter(words: readonly string[]): boolean {
  const first = words
    .join(" ")
    .split(/[\s[(!]+/)
    .find((word) => word !== "");
  return first !== undefined && FILTER_WORDS.has(first);
}

/** The command line to write instead, e.g. `retis collect -f 'port 443'`. */
export function filterHint(words: readonly string[]): string {
  const filter = words.join(" ");
  const quoted = filter.includes("'") ? `"${filter}"` : `'${filter}'`;
  return `Packet filters follow -f: retis collect -f ${quoted}`;
}
