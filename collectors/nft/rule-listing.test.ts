import { expect, test } from "bun:test";
import { parseRuleListing } from "./rule-listing.ts";

const listing = `table inet filter { # handle 12
	comment "a table # handle 99"
	set bad { # handle 4
		type ipv4_addr
		flags interval
		elements = { 10.0.0.0/8, 192.168.0.0/16 }
	}

	chain a { # handle 1
		comment "a chain"
		tcp dport vmap { 1 : accept, 2 : drop, 4 : jump b } # handle 10
		log prefix "x # handle 5" drop comment "odd # handle 6" # handle 8
		ip saddr { 1.1.1.1, 1.1.1.2,
			     1.1.1.3 } drop # handle 11
	}

	chain input { # handle 3
		type filter hook input priority filter; policy drop;
		jump a # handle 15
	}
}
# Warning: table ip nat is managed by iptables-nft, do not touch!
table ip nat { # handle 7 progname nft
	flags owner

	chain POSTROUTING { # handle 1
		oifname "eth0" counter masquerade # handle 2
	}
}
table netdev nothing { # handle 8
}
`;

test("rules are found by the handles of table and rule", () => {
  const tables = parseRuleListing(listing);
  expect([...tables.keys()]).toEqual([12, 7, 8]);
  expect([...tables.get(12)!]).toEqual([
    [10, "tcp dport vmap { 1 : accept, 2 : drop, 4 : jump b }"],
    [8, 'log prefix "x # handle 5" drop comment "odd # handle 6"'],
    [11, "ip saddr { 1.1.1.1, 1.1.1.2, 1.1.1.3 } drop"],
    [15, "jump a"],
  ]);
  expect([...tables.get(7)!]).toEqual([[2, 'oifname "eth0" counter masquerade']]);
  expect(tables.get(8)?.size).toBe(0);
});

test("what is not a listing has no rules", () => {
  for (const text of ["", "nft: command not found", "\tchain x { # handle 1\n\t\tdrop # handle 2\n"])
    expect(parseRuleListing(text).size).toBe(0);
});
