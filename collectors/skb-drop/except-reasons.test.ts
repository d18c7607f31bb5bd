import { expect, test } from "bun:test";
import type { Event } from "../../core/api/collector.ts";
import { leaveOut } from "./except-reasons.ts";

async function kept(words: readonly string[], ...reasons: readonly string[]): Promise<readonly string[]> {
  const stage = await leaveOut(words);
  return reasons.filter((drop_reason) => {
    const event: Event = { "skb-drop": { drop_reason } };
    return stage(event["skb-drop"]!, event) === event;
  });
}

test("reasons are left out by name in any case, others stay as they are", async () => {
  expect(await kept(["no_socket", "TCP_FLAGS"], "NO_SOCKET", "NOT_SPECIFIED", "TCP_FLAGS", "77")).toEqual(["NOT_SPECIFIED", "77"]);
});

test("normal means what alone is no fault", async () => {
  expect(await kept(["normal"], "UNHANDLED_PROTO", "OTHERHOST", "NO_SOCKET")).toEqual(["NO_SOCKET"]);
});
