import { expect, test } from "bun:test";
import { ipv4Text } from "../base/address.ts";
import { encodeItem } from "../cbor/encode-item.ts";
import { writeIpv4 } from "./payload-text.ts";

test("an address is written as its text would be, in all places of all octets", () => {
  for (let octet = 0; octet < 256; octet++)
    for (let place = 0; place < 4; place++) {
      const bytes = Uint8Array.from({ length: 6 }, (_, i) => (i === place + 1 ? octet : 255 - 97 * i));
      const out = new Uint8Array(20).fill(0xee);
      const end = writeIpv4(out, 2, bytes, 1);
      expect(out.subarray(2, end)).toEqual(Uint8Array.from(encodeItem(ipv4Text(bytes, 1))));
    }
});
