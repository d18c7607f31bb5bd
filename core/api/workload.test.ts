import { expect, test } from "bun:test";
import { namespaceLabel } from "./workload.ts";

const pod = "shop/web-7d9f";
const generated = "cni-6f3c2a51-9d0e-4b7a-8c11-2f5e8d7a9b30";

test.each([
  ["nothing is known", {}, undefined],
  ["only a name", { name: "blue" }, "blue"],
  ["a name goes before all", { name: "blue", pod, container: "app", unit: "x.service" }, "blue"],
  ["a pod goes before its container", { pod, container: "app" }, `${pod}@pod`],
  ["a container", { container: "app", unit: "x.service" }, "app@container"],
  ["a pod goes before a name that its network plugin made up", { name: generated, pod }, `${pod}@pod`],
  ["a container goes before a name that Podman made up", { name: generated.replace("cni", "netns"), container: "app" }, "app@container"],
  ["a name that was made up goes before a unit", { name: generated, unit: "x.service" }, generated],
  ["a unit", { unit: "x.service" }, "x.service@unit"],
  ["a process goes before the session it was started in", { unit: "session-3.scope", process: "sleep/7" }, "sleep/7@process"],
])("%s", (_, names, label) => {
  expect(namespaceLabel(names)).toBe(label);
});
