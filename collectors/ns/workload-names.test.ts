import { expect, test } from "bun:test";
import type { NamespaceWorkload, Workload } from "../../core/api/collector.ts";
import { WorkloadNames } from "./workload-names.ts";

const pod = { container: "app", pod: "shop/web-7d9f" };
const sandbox = { pod: "shop/web-7d9f" };
const service = { unit: "nginx.service" };

/** What the lookups give for a socket and a namespace, and how often each was looked up. */
function namesOf(ofSocket: Workload, ofNamespace: NamespaceWorkload, group = 7) {
  const asked = { groups: 0, namespaces: 0 };
  const { lookups } = new WorkloadNames({
    ofProcess: () => ({}),
    controlGroupPath: () => undefined,
    ofControlGroup: () => {
      asked.groups++;
      return ofSocket;
    },
    ofNamespace: ({ inode, cookie, time }) => {
      asked.namespaces++;
      return inode === 1 && cookie === 2 && time === 3 ? ofNamespace : {};
    },
  });
  const names = Object.entries(lookups).map(([name, lookup]) => [name, lookup(1, 2, 3, group)] as const);
  return { names: Object.fromEntries(names.filter(([, text]) => text !== undefined)), asked };
}

test.each([
  ["a container's socket says more than the pod's namespace", pod, sandbox, pod],
  ["a container that uses the host's namespace", pod, {}, pod],
  ["a process of the host in the namespace of a pod", service, sandbox, sandbox],
  ["a service in the host's namespace", service, {}, service],
  ["a service's socket in a namespace of a process", service, { process: "sleep/7" }, service],
  ["a socket of the root group", {}, { process: "sleep/7" }, { process: "sleep/7" }],
  ["nothing is known", {}, {}, {}],
])("%s", (_, ofSocket, ofNamespace, names) => {
  expect(namesOf(ofSocket, ofNamespace).names).toEqual(names);
});

test("without a socket only the namespace is looked up", () => {
  expect(namesOf(pod, sandbox, 0)).toEqual({ names: sandbox, asked: { groups: 0, namespaces: 1 } });
});

test("events of a namespace that come together are looked up once, when a cookie tells that it is the same", () => {
  const asked: unknown[] = [];
  const { container } = new WorkloadNames({
    ofProcess: () => ({}),
    controlGroupPath: () => undefined,
    ofControlGroup: () => ({}),
    ofNamespace: ({ time }) => {
      asked.push(time);
      return {};
    },
  }).lookups;
  for (const time of [5_000_000, 5_999_999, 6_000_000, 2 ** 53, 2n ** 53n + 2n]) container(1, 2, time, 0);
  expect(asked).toEqual([5_000_000, 6_000_000, 2 ** 53]);
  asked.length = 0;
  for (const time of [7, 8, 9]) container(1, 0, time, 0);
  container(1, 0, 9, 0);
  expect(asked).toEqual([7, 8, 9]);
});

test("an event is looked up once", () => {
  expect(namesOf({}, sandbox).asked).toEqual({ groups: 1, namespaces: 1 });
});
