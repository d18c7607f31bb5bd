/** The static types of schemas are those of events: checked by the compiler, the schemas themselves here. */
import { expect, expectTypeOf, test } from "bun:test";
import { type Static, Type } from "@sinclair/typebox";
import { Bool, Bytes, Constant, CString, Group, Integers, OptionalText, Text, TrailingGroup, U32, U64 } from "./wire.ts";

const when = { member: "flags", mask: 1 };
const description = "For the test";

const schema = Type.Object({
  small: U32({ description }),
  wide: U64({ description }),
  many: Integers({ description, format: "uint64" }),
  text: CString({ description }),
  name: OptionalText({ description, lookup: "name" }),
  data: Bytes({ description, length: "small" }),
  nonZero: U32({ description, omitZero: true }),
  sometimes: Bool({ description, when }),
  looked: Text({ description, lookup: "name", when }),
  fixed: Constant("x", { description, when }),
  inner: Group({ a: U32({ description }) }, { description, when }),
  trailing: TrailingGroup({ a: U32({ description }) }, { description, member: "trailing" }),
});

test("what has a condition is optional, for the compiler and in the schema", () => {
  expectTypeOf<Static<typeof schema>>().toEqualTypeOf<{
    small: number;
    wide: number | bigint;
    many: (number | bigint)[];
    text: string;
    name?: string;
    data: Uint8Array;
    nonZero?: number;
    sometimes?: boolean;
    looked?: string;
    fixed?: "x";
    inner?: { a: number };
    trailing?: { a: number };
  }>();
  expect(schema.required).toEqual(["small", "wide", "many", "text", "data"] as never);
});

test("a misspelt option is an error of the compiler", () => {
  // @ts-expect-error
  U32({ description, omitzero: true });
  // @ts-expect-error
  Group({}, { description, wen: when });
});
