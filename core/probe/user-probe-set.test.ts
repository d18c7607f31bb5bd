import { expect, test } from "bun:test";
import type { ProgramFile } from "../userspace/program-file.ts";
import type { FoundFile } from "../userspace/target-finder.ts";
import type { UserRequest } from "../userspace/user-request.ts";
import type { SlottedHook } from "./linked-hooks.ts";
import { namedHookMask, UserProbeSet } from "./user-probe-set.ts";

const byName: UserRequest = { type: "usdt", program: "server", target: "main:*" };
const byPid: UserRequest = { type: "usdt", program: "42", target: "main:run" };

function hook(slot: number, at: SlottedHook["at"]): SlottedHook {
  return { collector: "any", kind: "hook", slot, at, path: "", foreign: false, object: new Uint8Array() };
}

function found(request: UserRequest, identity: string, names: readonly string[], pid?: number): FoundFile {
  const site = { offset: 1, address: 1, semaphore: 0, arguments: [], operands: "" };
  const targets = names.map((name) => ({ type: "usdt", symbol: `main:${name}`, sites: [site, site] }) as const);
  return { request, file: { identity } as ProgramFile, path: `/bin/${identity}`, pid, targets };
}

const room = { firstId: 10, probes: 3, sites: 6 };
const set = (hooks: readonly SlottedHook[] = []) =>
  new UserProbeSet(
    [
      { request: byName, requested: false },
      { request: byPid, requested: true },
    ],
    hooks,
    room,
  );

test("probes and sites are numbered on from what there is", () => {
  const probes = set();
  probes.add(found(byName, "server", ["run", "stop"]));
  expect(probes.probes.map(({ id, symbol, sites }) => [id, symbol, sites.map(({ index }) => index)])).toEqual([
    [10, "main:run", [0, 1]],
    [11, "main:stop", [2, 3]],
  ]);
});

test("a probe of one file is one, whoever wants it", () => {
  const probes = set();
  probes.add(found(byName, "server", ["run"]));
  const [again] = probes.add(found(byPid, "server", ["run"], 42));
  expect(probes.probes).toHaveLength(1);
  expect(again).toMatchObject({ id: 10, requested: true, bare: true });
  probes.add(found(byName, "other", ["run"]));
  expect(probes.probes.map(({ id, path, bare }) => [id, path, bare])).toEqual([
    [10, "/bin/server", true],
    [11, "/bin/other", false],
  ]);
});

test("what there is no room for is left out", () => {
  const probes = set();
  expect(probes.full).toBe(false);
  expect(probes.add(found(byName, "server", ["a", "b", "c", "d"]))).toHaveLength(3);
  expect(probes.full).toBe(true);
});

test("hooks run where they are named, with or without the program; generic ones nowhere", () => {
  const hooks = [
    hook(0, "every-probe"),
    hook(1, ["usdt:server:main:run"]),
    hook(2, ["usdt:main:run"]),
    hook(3, ["usdt:server:main:*"]),
    hook(4, ["usdt:other:main:run"]),
    hook(5, ["tp:skb:kfree_skb", "usdt:main:stop"]),
  ];
  const probes = set(hooks);
  probes.add(found(byName, "server", ["run", "stop"]));
  expect(probes.probes.map(({ hooks: mask }) => mask)).toEqual([0b1110, 0b101000]);
  expect(namedHookMask([hook(6, ["u:server:main"])], ["uprobe:server:main"])).toBe(64);
});
