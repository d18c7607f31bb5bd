/** The event model shared by collectors, stages, files and outputs. */

/** A 64-bit integer, exact: a `number` when it is a safe integer, otherwise a `bigint`. */
export type U64 = number | bigint;

const u64Limit = 1n << 64n;

/** Whether a value, e.g. of a file from elsewhere, is a {@link U64}. */
export function isU64(value: unknown): value is U64 {
  return typeof value === "bigint" ? value >= 0n && value < u64Limit : Number.isSafeInteger(value) && (value as number) >= 0;
}

/** One decoded section, shaped by its schema, e.g. `{ drop_reason: "NO_SOCKET" }`. */
export type SectionData = Readonly<Record<string, unknown>>;

/** One event: section data by section key (kebab-case), e.g. `event["skb-drop"]`. */
export type Event = Readonly<Record<string, SectionData | undefined>>;

/** The canonical {@link U64} of two 32-bit halves (each 0 … 2^32-1). */
export function u64FromHalves(low: number, high: number): U64 {
  return high <= 0x1fffff ? high * 0x1_0000_0000 + low : (BigInt(high) << 32n) | BigInt(low);
}

/** The canonical {@link U64} of a bigint: a number when it is a safe integer. */
export function u64FromBigInt(value: bigint): U64 {
  return value <= 0x1f_ffff_ffff_ffffn && value >= -0x1f_ffff_ffff_ffffn ? Number(value) : value;
}
