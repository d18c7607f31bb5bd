import type { ByteCursor } from "../base/bytes.ts";

/** One option; which of the values are there depends on `kind`, and none is when its bytes are missing. */
export interface TcpOption {
  readonly kind: number;
  /** Maximum segment size, window scale, echo data or connection count. */
  readonly value?: number;
  readonly timestamp?: { readonly value: number; readonly echoReply: number };
  /** Selective acknowledgements. */
  readonly blocks?: readonly SackBlock[];
  /** Set on a sack option whose length is not a whole number of blocks. */
  readonly invalid?: true;
  /** Fast open cookie as hexadecimal digits, `??` for each missing byte; empty in a request for one. */
  readonly cookie?: string;
  /** MPTCP subtype, RFC 8684 section 8.1. */
  readonly subtype?: number;
}

export interface SackBlock {
  readonly left: number;
  readonly right: number;
}

const KIND = {
  end: 0,
  nop: 1,
  mss: 2,
  windowScale: 3,
  sack: 5,
  echo: 6,
  echoReply: 7,
  timestamps: 8,
  cc: 11,
  ccNew: 12,
  ccEcho: 13,
  mptcp: 30,
  fastOpen: 34,
} as const;

/** IANA TCP option kinds; RFC 9293 section 3.2 and the RFCs listed there. */
const NAMES: Readonly<Record<number, string>> = {
  [KIND.end]: "eol",
  [KIND.nop]: "nop",
  [KIND.mss]: "mss",
  [KIND.windowScale]: "wscale",
  4: "sackOK",
  [KIND.sack]: "sack",
  [KIND.echo]: "echo",
  [KIND.echoReply]: "echoreply",
  [KIND.timestamps]: "TS",
  [KIND.cc]: "cc",
  [KIND.ccNew]: "ccnew",
  [KIND.ccEcho]: "ccecho",
  19: "md5",
  20: "scps",
  28: "uto",
  29: "tcp-ao",
  [KIND.mptcp]: "mptcp",
  [KIND.fastOpen]: "tfo",
  254: "exp",
};

const MPTCP_SUBTYPES: readonly string[] = ["capable", "join", "dss", "add-addr", "remove-addr", "prio", "fail", "fastclose", "reset"];

const NOP_OPTION: TcpOption = { kind: KIND.nop };
const END_OPTION: TcpOption = { kind: KIND.end };

/**
 * The options in `region`, RFC 9293 section 3.2: kinds 0 and 1 are one byte, all others kind, length, data. The end of
 * list, or a length that cannot be true, ends them.
 */
export function readTcpOptions(region: ByteCursor): readonly TcpOption[] {
  const options: TcpOption[] = [];
  while (region.has(1)) {
    const kind = region.u8();
    if (kind === KIND.nop) {
      options.push(NOP_OPTION);
      continue;
    }
    if (kind === KIND.end) {
      options.push(END_OPTION);
      break;
    }
    const length = region.u8();
    if (length < 2) {
      options.push({ kind });
      break;
    }
    options.push(readOption(kind, length - 2, region.take(length - 2)));
  }
  return options;
}

/** @param length of the data as the option gives it; `data` has less when it is cut off */
function readOption(kind: number, length: number, data: ByteCursor): TcpOption {
  switch (kind) {
    case KIND.mss:
      return data.has(2) ? { kind, value: data.u16() } : { kind };
    case KIND.windowScale:
      return data.has(1) ? { kind, value: data.u8() } : { kind };
    case KIND.echo:
    case KIND.echoReply:
    case KIND.cc:
    case KIND.ccNew:
    case KIND.ccEcho:
      return data.has(4) ? { kind, value: data.u32() } : { kind };
    case KIND.timestamps:
      return data.has(8) ? { kind, timestamp: { value: data.u32(), echoReply: data.u32() } } : { kind };
    case KIND.sack:
      return readSack(length, data);
    case KIND.fastOpen: {
      const missing = length - data.remaining;
      return { kind, cookie: data.hex(length) + "??".repeat(missing) };
    }
    case KIND.mptcp:
      return data.has(1) ? { kind, subtype: data.u8() >>> 4 } : { kind };
    default:
      return { kind };
  }
}

/** RFC 2018 section 3. */
function readSack(length: number, data: ByteCursor): TcpOption {
  const kind = KIND.sack;
  if (length % 8 !== 0) return { kind, invalid: true };
  if (!data.has(length)) return { kind };
  const blocks: SackBlock[] = [];
  while (data.has(8)) blocks.push({ left: data.u32(), right: data.u32() });
  return { kind, blocks };
}

export function tcpOptionText(option: TcpOption): string {
  const name = NAMES[option.kind] ?? "?";
  switch (option.kind) {
    case KIND.mss:
    case KIND.windowScale:
    case KIND.echo:
    case KIND.echoReply:
    case KIND.cc:
    case KIND.ccNew:
    case KIND.ccEcho:
      return option.value === undefined ? name : `${name} ${option.value}`;
    case KIND.timestamps:
      return timestampText(name, option);
    case KIND.sack:
      if (option.invalid) return `${name} invalid`;
      return option.blocks === undefined ? name : `${name} ${sackText(option.blocks)}`;
    case KIND.fastOpen:
      return option.cookie ? `${name} cookie 0x${option.cookie}` : `${name} cookiereq`;
    case KIND.mptcp:
      return option.subtype === undefined ? name : `${name} ${MPTCP_SUBTYPES[option.subtype] ?? option.subtype}`;
    default:
      return name;
  }
}

function timestampText(name: string, { timestamp }: TcpOption): string {
  return timestamp === undefined ? name : `${name} val ${timestamp.value} ecr ${timestamp.echoReply}`;
}

function sackText(blocks: readonly SackBlock[]): string {
  let text = `${blocks.length} `;
  for (const { left, right } of blocks) text += `{${left}:${right}}`;
  return text;
}
