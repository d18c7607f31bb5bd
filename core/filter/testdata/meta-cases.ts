/** Random meta filters over the types of meta-types.bpf.c, as text. */
import type { Random } from "../../../test/support/random.ts";
import { texts } from "./meta-image.ts";

const unsignedMembers = [
  "sk_buff.tiny",
  "sk_buff.half",
  "sk_buff.mark",
  "sk_buff.wide",
  "sk_buff.flag",
  "sk_buff.one",
  "sk_buff.two",
  "sk_buff.four",
  "sk_buff.f3",
  "sk_buff.f18",
  "sk_buff.f35",
  "sk_buff.g5",
  "sk_buff.g43",
  "sk_buff.g16",
  "sk_buff.sk_word",
  "sk_buff.raw[2]",
  "sk_buff.l4_numbers[3]",
  "sk_buff.pairs[2].first",
  "sk_buff.color",
  "sk_buff.huge",
  "sk_buff.late_number",
  "sk_buff.dev",
  "sk_buff.callback",
  "sk_buff.address6.in6_u.u6_addr32[1]",
  "sk_buff.dev.perm_addr[31]",
  "sk_buff.dev.features",
  "sk_buff.dev.dev_addr[3]",
  "sk_buff.dev.nd_net.net.ns.inum",
  "sk_buff.sk.__sk_common.skc_state",
  "sk_buff.tagged:~0x7:node.value",
  "sk_buff.tagged:0xfffffffffffffff8:node_t.next.value",
  "sk_buff.nodes[1].value",
  "sk_buff.late_node.next.tagged",
  "sk_buff.sk_word:~0b0:sock.__sk_common.skc_family",
  "net_device.perm_addr[0]",
  "net.ns.inum",
  "net.net_cookie",
  "sock.__sk_common.skc_daddr",
] as const;
const signedMembers = [
  "sk_buff.small",
  "sk_buff.brief",
  "sk_buff.number",
  "sk_buff.far_below",
  "sk_buff.h7",
  "sk_buff.h49",
  "sk_buff.h8",
  "sk_buff.i3",
  "sk_buff.i17",
  "sk_buff.level",
  "sk_buff.late_bits",
  "sk_buff.pairs[1].second",
  "sk_buff.dev.ifindex",
  "sk_buff.nodes[0].next.balance",
  "net_device.ifindex",
  "sock.sk_bound",
] as const;
const textMembers = [
  "sk_buff.text",
  "sk_buff.raw",
  "sk_buff.late_text",
  "sk_buff.open",
  "sk_buff.dev.name",
  "sk_buff.dev.alias",
  "sk_buff.dev.alias:~0",
  "sk_buff.nodes[1].label",
  "sk_buff.tagged:~7:node.next.label",
  "net_device.name",
  "net_device.alias",
] as const;
const macMembers = ["sk_buff.mac", "sk_buff.dev.perm_addr", "sk_buff.dev.dev_addr", "net_device.dev_addr"] as const;
const ipv4Members = [
  "sk_buff.address4",
  "sk_buff.address4:0xffffff",
  "sk_buff.address6.in6_u.u6_addr32[3]",
  "sock.__sk_common.skc_daddr",
] as const;
const ipv6Members = ["sk_buff.address6", "sk_buff.l4_numbers", "sk_buff.address6.in6_u.u6_addr8", "sock.__sk_common.skc_v6_daddr"] as const;
const constants = ["RED", "GREEN", "BLUE", "COLD", "WARM", "SMALL", "TOP", "STATE_OPEN"] as const;
const constantMembers: Readonly<Record<(typeof constants)[number], string>> = {
  RED: "sk_buff.color",
  GREEN: "sk_buff.color",
  BLUE: "sk_buff.color",
  COLD: "sk_buff.level",
  WARM: "sk_buff.level",
  SMALL: "sk_buff.huge",
  TOP: "sk_buff.huge",
  STATE_OPEN: "sk_buff.sk.__sk_common.skc_state",
};

const addresses: readonly (readonly [readonly string[], number, (bytes: Uint8Array) => string])[] = [
  [macMembers, 6, (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":")],
  [ipv4Members, 4, (bytes) => bytes.join(".")],
  [ipv6Members, 16, (bytes) => Buffer.from(bytes).toString("hex").match(/.{4}/g)!.join(":")],
];

const operators = ["==", "!=", ">=", "<=", ">", "<"] as const;
const equality = ["==", "!="] as const;

/** What a member is in some image, so that comparisons are about values that occur. */
export interface Occurring {
  number(term: string): bigint | undefined;
  bytes(term: string, count: number): Uint8Array | undefined;
}

/** Every kind of term, each with the values that occur and those at the ends of the ranges. */
export class MetaCases {
  constructor(
    private readonly random: Random,
    private readonly occurring: Occurring,
  ) {}

  /** Every member with every operator that it takes, and each member alone. */
  everyTerm(): readonly string[] {
    const numbers = [
      ...unsignedMembers.map((member) => [member, false] as const),
      ...signedMembers.map((member) => [member, true] as const),
    ];
    return [
      ...numbers.flatMap(([member, signed]) => [member, ...operators.map((operator) => this.#number(member, signed, operator))]),
      ...textMembers.flatMap((member) => equality.map((operator) => this.#text(member, operator))),
      ...addresses.flatMap(([members, count, write]) =>
        members.flatMap((member) => equality.map((operator) => this.#address(member, operator, count, write))),
      ),
      ...constants.flatMap((constant) => operators.map((operator) => this.#constant(constant, operator))),
    ];
  }

  /** A term or up to eight, joined. */
  expression(depth = 0): string {
    const { random } = this;
    if (depth < 3 && random.once(3))
      return `${this.expression(depth + 1)} ${random.pick(["and", "&&", "or", "||"])} ${this.expression(depth + 1)}`;
    if (depth < 3 && random.once(6)) return `${random.pick(["not ", "!"])}${this.expression(depth + 1)}`;
    if (depth < 3 && random.once(6)) return `(${this.expression(depth + 1)})`;
    return this.term();
  }

  term(): string {
    const { random } = this;
    switch (random.below(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return this.#number(random.pick(unsignedMembers), false, random.pick(operators));
      case 4:
      case 5:
      case 6:
        return this.#number(random.pick(signedMembers), true, random.pick(operators));
      case 7:
      case 8:
        return this.#text(random.pick(textMembers), random.pick(equality));
      case 9: {
        const [members, count, write] = random.pick(addresses);
        return this.#address(random.pick(members), random.pick(equality), count, write);
      }
      case 10:
        return this.#constant(random.pick(constants), random.pick(operators));
      default:
        return random.pick([...unsignedMembers, ...signedMembers]);
    }
  }

  #text(member: string, operator: string): string {
    return `${member} ${operator} ${quote(this.random.pick(texts.slice(0, -1)))}`;
  }

  #number(member: string, signed: boolean, operator: string): string {
    const { random } = this;
    const masked =
      !signed && !/:[^.]*$/.test(member) && random.once(4)
        ? `${member}:${random.pick(["1", "0xf0", "~0x1", "0b1011", "0xffffffff", "0x8000000000000000"])}`
        : member;
    return `${masked} ${operator} ${this.#value(masked, signed)}`;
  }

  #value(member: string, signed: boolean): string {
    const { random } = this;
    const seen = this.occurring.number(member) ?? 0n;
    const extremes = [
      0n,
      1n,
      127n,
      128n,
      255n,
      256n,
      0x7fff_ffffn,
      0x8000_0000n,
      0xffff_ffffn,
      1n << 32n,
      (1n << 63n) - 1n,
      1n << 63n,
      (1n << 64n) - 1n,
    ];
    const value = random.once(3) ? random.pick([...extremes, ...extremes.map((extreme) => -extreme)]) : seen + BigInt(random.below(3) - 1);
    const wrapped = signed ? value : BigInt.asUintN(64, value);
    if (wrapped < -(1n << 63n)) return "-9223372036854775808";
    if (wrapped < 0n) return `${wrapped}`;
    return random.pick([`${wrapped}`, `0x${wrapped.toString(16)}`, `0b${wrapped.toString(2)}`]);
  }

  #constant(constant: (typeof constants)[number], operator: string): string {
    const quoted = constant !== "STATE_OPEN" && this.random.once(4) ? `"${constant}"` : constant;
    return `${constantMembers[constant]} ${operator} ${quoted}`;
  }

  /** The address that is there in some image, or one that differs in a bit. */
  #address(member: string, operator: string, count: number, write: (bytes: Uint8Array) => string): string {
    const bytes = Uint8Array.from(this.occurring.bytes(member, count) ?? this.random.bytes(count));
    if (this.random.once(3)) bytes[this.random.below(count)]! ^= 1 << this.random.below(8);
    if (member.endsWith(":0xffffff")) bytes[3] = 0;
    return `${member} ${operator} ${write(bytes)}`;
  }
}

function quote(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}
