import { type U64, u64FromHalves } from "../api/event.ts";

/** High half of -2^53, the largest negative integer that is not safe. */
const lowestSafeHigh = -0x20_0000;

/** The canonical value of a signed 64-bit integer: `low` 0 … 2^32-1, `high` -2^31 … 2^31-1. */
export function i64FromHalves(low: number, high: number): U64 {
  if (high >= 0) return u64FromHalves(low, high);
  const isSafe = high > lowestSafeHigh || (high === lowestSafeHigh && low > 0);
  return isSafe ? high * 0x1_0000_0000 + low : (BigInt(high) << 32n) | BigInt(low);
}
