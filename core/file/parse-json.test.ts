import { expect, test } from "bun:test";
import { randomEvents } from "../../test/cases/files/sample-events.ts";
import { eventToJson, jsonText } from "./json.ts";
import { parseJson } from "./parse-json.ts";

test.each([
  ["18446744073709551615", 2n ** 64n - 1n],
  ['{"a":18446612682070000000}', { a: 18446612682070000000n }],
  ['{"a": 18446612682070000128 , "b":[ -9223372036854775808]}', { a: 18446612682070000128n, b: [-(2n ** 63n)] }],
  ["[9007199254740991,9007199254740992,9007199254740993]", [9007199254740991, 2n ** 53n, 2n ** 53n + 1n]],
  ["[1234567890123456.5,1234567890123456e2]", [1234567890123456.5, 123456789012345600]],
  ['{"a":"x:1234567890123456789","b":18446744073709551615}', { a: "x:1234567890123456789", b: 2n ** 64n - 1n }],
  ['{"a":"[1234567890123456789]","b":18446744073709551615}', { a: "[1234567890123456789]", b: 2n ** 64n - 1n }],
  ['{"a":"\ue00012","b":18446744073709551615}', { a: "\ue00012", b: 2n ** 64n - 1n }],
  ['{"a":18446744073709551615,"b":"\ue000"}', { a: 2n ** 64n - 1n, b: "\ue000" }],
  ['{"a":"\\",1234567890123456789","b":18446744073709551615}', { a: '",1234567890123456789', b: 2n ** 64n - 1n }],
  ['{"__proto__":18446744073709551615}', JSON.parse('{"__proto__":1}')],
])("integers of %s stay exact", (text, value) => {
  const parsed = parseJson(text);
  if (text.includes("__proto__")) expect(Object.keys(parsed as object)).toEqual(["__proto__"]);
  else expect(parsed).toEqual(value);
});

test("malformed text is a SyntaxError whichever way it is parsed", () => {
  for (const text of ["{", "[18446744073709551615", '{"a":18446744073709551615,}', "18446744073709551615 x"]) {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  }
});

test("JSON text of every kind of value", () => {
  const value = {
    a: 1,
    b: 2n ** 64n - 1n,
    c: undefined,
    d: null,
    e: [true, false, "é\n\ud800"],
    f: new Uint8Array([1, 2]),
    'g"': -0,
    h: NaN,
    i: {},
  };
  expect(jsonText(value)).toBe(
    '{"a":1,"b":18446744073709551615,"d":null,"e":[true,false,"é\\n\\ud800"],"f":"AQI=","g\\"":0,"h":null,"i":{}}',
  );
});

test("events are written alike however often their keys were seen", () => {
  for (let round = 0; round < 3; round++) {
    for (const event of randomEvents(7, 300)) expect(eventToJson(event)).toBe(jsonText(event));
    for (let i = 0; i < 700; i++) {
      const event = {
        [`section${i}`]: { [`key${i % 300}`]: i, other: { deep: -0, list: [undefined, 2n ** 64n - 1n] } },
        absent: undefined,
        empty: {},
      };
      expect(eventToJson(event)).toBe(
        `{"section${i}":{"key${i % 300}":${i},"other":{"deep":0,"list":[null,18446744073709551615]}},"empty":{}}`,
      );
    }
    const proto = JSON.parse('{"a":{"__proto__":1,"b":1.5,"c\\"":null}}') as never;
    expect(eventToJson(proto)).toBe('{"a":{"__proto__":1,"b":1.5,"c\\"":null}}');
  }
});
