/** Reading what `nft -a list ruleset` prints. */

/** Texts of rules by their handle. */
export type TableRules = Map<number, string>;

const tableHead = /^table .* \{ # handle (\d+)/;
const chainHead = /^\tchain .* \{ # handle \d+$/;
const ruleEnd = /^(.*?) # handle (\d+)$/;
/** Lines of a chain that are not rules: its hook and policy, its comment. */
const chainProperty = /^(type \w+ hook .*;|comment ".*")$/;

/**
 * Rules by the handle of their table. A rule's text is one line: some versions of nft break long ones, which are joined.
 * Whatever cannot be understood is left out.
 */
export function parseRuleListing(listing: string): ReadonlyMap<number, TableRules> {
  const tables = new Map<number, TableRules>();
  let rules: TableRules = new Map();
  let inChain = false;
  let begun = "";
  for (const line of listing.split("\n")) {
    const table = tableHead.exec(line);
    if (table) tables.set(Number(table[1]), (rules = new Map()));
    if (!inChain || line === "\t}") {
      inChain = chainHead.test(line);
      begun = "";
      continue;
    }
    const text = line.trim();
    if (begun === "" && chainProperty.test(text)) continue;
    begun = begun === "" ? text : `${begun} ${text}`;
    const rule = ruleEnd.exec(begun);
    if (!rule) continue;
    rules.set(Number(rule[2]), rule[1]!);
    begun = "";
  }
  return tables;
}
