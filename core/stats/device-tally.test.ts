import { expect, test } from "bun:test";
import type { SectionData } from "../api/event.ts";
import { DeviceTally } from "./device-tally.ts";

const dev = { name: "eth0", ifindex: 2 };

function namesOf(namespaces: readonly (SectionData | undefined)[]): readonly string[] {
  const tally = new DeviceTally();
  for (const netns of namespaces) tally.add(netns === undefined ? { dev } : { dev, netns });
  return tally.ranking(0).top.map(({ name, count }) => `${name}: ${count}`);
}

test("without a namespace, and by its number or name", () => {
  expect(namesOf([undefined])).toEqual(["if 2 (eth0): 1"]);
  expect(namesOf([{ inum: 4026531840 }])).toEqual(["ns 4026531840 if 2 (eth0): 1"]);
  expect(namesOf([{ inum: 4026532200, name: "blue" }])).toEqual(["ns blue if 2 (eth0): 1"]);
  expect(namesOf([{ cookie: 17, inum: 4026532200, name: "blue" }])).toEqual(["ns blue if 2 (eth0): 1"]);
});

test("namespaces that had the same number are counted apart", () => {
  const first = { cookie: 17, inum: 77 };
  const second = { cookie: 18, inum: 77 };
  expect(namesOf([first, second, second])).toEqual(["ns 0x12/77 if 2 (eth0): 2", "ns 0x11/77 if 2 (eth0): 1"]);
});

test("namespaces that had the same name are counted apart", () => {
  const first = { cookie: 17, inum: 77, name: "blue" };
  const second = { cookie: 18, inum: 78, name: "blue" };
  expect(namesOf([first, first, second])).toEqual(["ns 0x11/77 (blue) if 2 (eth0): 2", "ns 0x12/78 (blue) if 2 (eth0): 1"]);
});

test("a namespace that got a name, or another one, is one", () => {
  const names = [undefined, "old", "new"].map((name) => (name === undefined ? { cookie: 17, inum: 77 } : { cookie: 17, inum: 77, name }));
  expect(namesOf(names)).toEqual(["ns new if 2 (eth0): 3"]);
});

test("without cookies, names distinguish namespaces with the same number", () => {
  expect(
    namesOf([
      { inum: 77, name: "frontend one" },
      { inum: 77, name: "payments" },
    ]),
  ).toEqual(["ns frontend one if 2 (eth0): 1", "ns payments if 2 (eth0): 1"]);
});

test("containers and services have their names, and are counted apart where they share a namespace", () => {
  const host = { cookie: 3, inum: 70 };
  const pod = { cookie: 17, inum: 77, pod: "shop/web-7d9f" };
  const shared = [host, { ...host, container: "proxy" }, { ...host, container: "proxy" }, { ...host, unit: "nginx.service" }];
  expect(namesOf([...shared, { ...pod, container: "app" }, pod, { ...pod, container: "cache" }]).toSorted()).toEqual([
    "ns 70 if 2 (eth0): 1",
    "ns nginx.service@unit if 2 (eth0): 1",
    "ns proxy@container if 2 (eth0): 2",
    "ns shop/web-7d9f@pod if 2 (eth0): 3",
  ]);
});

test("containers of the same name in two namespaces are counted apart", () => {
  const namespaces = [77, 78].map((inum) => ({ cookie: inum, inum, container: "app" }));
  expect(namesOf(namespaces)).toEqual(["ns 0x4d/77 (app@container) if 2 (eth0): 1", "ns 0x4e/78 (app@container) if 2 (eth0): 1"]);
});

test("an event without a device is not counted", () => {
  const tally = new DeviceTally();
  tally.add({ netns: { inum: 1 } });
  expect(tally.ranking(0).top).toEqual([]);
});
