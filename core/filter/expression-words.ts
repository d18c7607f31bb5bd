/** What the words of a packet filter say about it before libpcap has compiled it. */

/** Words after which libpcap takes all offsets from behind a header: what follows, also after `or`, is about the packet within. */
const shifting = ["vlan", "mpls", "pppoes", "geneve", "vxlan"] as const;

/** Whether the expression uses a keyword. */
export function hasWord(expression: string, ...words: readonly string[]): boolean {
  return tokensOf(expression).some((token) => words.includes(token));
}

/**
 * The keyword that two alternatives of an `or` begin a header with, e.g. `vlan` of `vlan 5 or vlan 6`: the second one is
 * looked for inside the first one's packet and never matches beside it. Undefined when there is none.
 */
export function shiftedAlternative(expression: string): string | undefined {
  const tokens = tokensOf(expression);
  return shifting.find((word) => alternativesWith(tokens, word) > 1);
}

function tokensOf(expression: string): readonly string[] {
  return expression.match(/[()]|\|\||&&|[^\s()|&]+/g) ?? [];
}

/**
 * The most alternatives of one group, the expression or a pair of parentheses, that use the word.
 */
function alternativesWith(tokens: readonly string[], word: string): number {
  const groups = [{ before: 0, now: false }];
  let most = 0;
  for (const token of [...tokens, ")"]) {
    const group = groups.at(-1);
    if (!group) break; // More closed than opened: libpcap will say so.
    if (token === "(") groups.push({ before: 0, now: false });
    else if (token === word) group.now = true;
    else if (token === "or" || token === "||") {
      group.before += group.now ? 1 : 0;
      group.now = false;
    } else if (token === ")") {
      const count = group.before + (group.now ? 1 : 0);
      most = Math.max(most, count);
      groups.pop();
      const outer = groups.at(-1);
      if (outer && count > 0) outer.now = true;
    }
  }
  return most;
}
