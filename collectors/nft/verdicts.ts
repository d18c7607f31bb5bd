/** Verdicts of nftables by code. Sources: include/uapi/linux/netfilter/nf_tables.h, include/uapi/linux/netfilter.h. */

const codes = { return: -5, goto: -4, jump: -3, break: -2, continue: -1, drop: 0, accept: 1, stolen: 2, queue: 3, repeat: 4 } as const;

export type Verdict = keyof typeof codes;

/** Verdicts that can be requested. */
export const verdicts = Object.keys(codes) as readonly Verdict[];

const names = new Map<number, string>([...verdicts.map((name) => [codes[name], name] as const), [5, "stop"]]);

/** Name of a code without a queue's number or an error in its upper half. */
export function verdictName(code: number): string {
  return names.get(code) ?? "unknown";
}

/** Verdicts as bits of the hook's constant `verdicts`, the one of code -5 first. */
export function verdictBits(wanted: readonly Verdict[]): number {
  return wanted.reduce((bits, name) => bits | (1 << (codes[name] - codes.return)), 0);
}
