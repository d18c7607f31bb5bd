import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Workload } from "../api/workload.ts";
import { Workloads } from "./workloads.ts";

const directories: string[] = [];
afterAll(() => directories.forEach((directory) => rmSync(directory, { recursive: true })));

/** A root directory with these files; process 42 is in `group`. */
function rootWith(group: string, files: Readonly<Record<string, unknown>> = {}): string {
  const root = mkdtempSync(join(tmpdir(), "retis-workloads-"));
  directories.push(root);
  for (const [path, content] of Object.entries({ "proc/42/cgroup": group, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), typeof content === "string" ? content : JSON.stringify(content));
  }
  return root;
}

const id = "0123456789abcdef".repeat(4);
const other = "fedcba9876543210".repeat(4);
const podman = "var/lib/containers/storage/overlay-containers";
const burstable = "kubepods-burstable-pod12345678_1234_1234_1234_123456789abc.slice";

const layouts: readonly (readonly [string, string, Readonly<Record<string, unknown>>, Workload])[] = [
  [
    "Docker, systemd driver",
    `0::/system.slice/docker-${id}.scope\n`,
    { [`var/lib/docker/containers/${id}/config.v2.json`]: { Name: "/web", Config: { Labels: {} } } },
    { container: "web" },
  ],
  [
    "Docker, cgroup v1",
    `12:memory:/docker/${id}\n1:name=systemd:/docker/${id}\n`,
    { [`var/lib/docker/containers/${id}/config.v2.json`]: { Name: "/db" } },
    { container: "db" },
  ],
  [
    "Podman",
    `0::/machine.slice/libpod-${id}.scope/container\n`,
    {
      [`${podman}/containers.json`]: [
        { id: other, names: ["x"] },
        { id, names: ["cache"] },
      ],
    },
    { container: "cache" },
  ],
  [
    "Podman, another storage driver",
    `0::/machine.slice/libpod-${id}.scope/container\n`,
    { "var/lib/containers/storage/vfs-containers/containers.json": [{ id, names: ["cache"] }] },
    { container: "cache" },
  ],
  [
    "CRI-O",
    `0::/kubepods.slice/${burstable}/crio-${id}.scope\n`,
    {
      [`${podman}/containers.json`]: [{ id, names: ["k8s_app_web-7d9f_shop_1"], metadata: '{"pod-name":"web-7d9f"}' }],
      [`${podman}/${id}/userdata/config.json`]: {
        annotations: { "io.kubernetes.pod.namespace": "shop", "io.kubernetes.pod.name": "web-7d9f", "io.kubernetes.container.name": "app" },
      },
    },
    { container: "app", pod: "shop/web-7d9f" },
  ],
  [
    "containerd with Kubernetes",
    `0::/kubepods.slice/${burstable}/cri-containerd-${id}.scope\n`,
    {
      [`run/containerd/io.containerd.runtime.v2.task/k8s.io/${id}/config.json`]: {
        annotations: {
          "io.kubernetes.cri.container-name": "app",
          "io.kubernetes.cri.sandbox-name": "web-7d9f",
          "io.kubernetes.cri.sandbox-namespace": "shop",
        },
      },
    },
    { container: "app", pod: "shop/web-7d9f" },
  ],
  [
    "kubelet's log files, cgroupfs driver",
    `0::/kubepods/burstable/pod12345678/${id}\n`,
    { [`var/log/containers/web-7d9f_shop_app-${id}.log`]: "" },
    { container: "app", pod: "shop/web-7d9f" },
  ],
  ["a container that no file names", `0::/system.slice/docker-${id}.scope\n`, {}, { container: "0123456789ab" }],
  [
    "files that are damaged",
    `0::/system.slice/docker-${id}.scope\n`,
    { [`var/lib/docker/containers/${id}/config.v2.json`]: "{", [`${podman}/containers.json`]: "[1, null]" },
    { container: "0123456789ab" },
  ],
  [
    "containerd's sandbox of a pod",
    `0::/kubepods.slice/${burstable}/cri-containerd-${id}.scope\n`,
    {
      [`run/containerd/io.containerd.runtime.v2.task/k8s.io/${id}/config.json`]: {
        annotations: {
          "io.kubernetes.cri.container-type": "sandbox",
          "io.kubernetes.cri.sandbox-name": "web-7d9f",
          "io.kubernetes.cri.sandbox-namespace": "shop",
        },
      },
    },
    { pod: "shop/web-7d9f" },
  ],
  [
    "CRI-O's sandbox of a pod",
    `0::/kubepods.slice/${burstable}/crio-${id}.scope\n`,
    {
      [`${podman}/containers.json`]: [{ id, names: ["k8s_POD_web-7d9f_shop_0"] }],
      [`${podman}/${id}/userdata/config.json`]: {
        annotations: {
          "io.kubernetes.pod.namespace": "shop",
          "io.kubernetes.pod.name": "web-7d9f",
          "io.kubernetes.container.name": "POD",
          "io.kubernetes.cri-o.ContainerType": "sandbox",
        },
      },
    },
    { pod: "shop/web-7d9f" },
  ],
  [
    "Docker's sandbox of a pod",
    `0::/kubepods.slice/${burstable}/docker-${id}.scope\n`,
    {
      [`var/lib/docker/containers/${id}/config.v2.json`]: {
        Name: "/k8s_POD_web-7d9f_shop_0",
        Config: {
          Labels: {
            "io.kubernetes.docker.type": "podsandbox",
            "io.kubernetes.container.name": "POD",
            "io.kubernetes.pod.namespace": "shop",
            "io.kubernetes.pod.name": "web-7d9f",
          },
        },
      },
    },
    { pod: "shop/web-7d9f" },
  ],
  [
    "a service where systemd has a hierarchy of its own",
    "1:name=systemd:/system.slice/nginx.service\n0::/\n",
    {},
    { unit: "nginx.service" },
  ],
  ["a service", "0::/system.slice/nginx.service\n", {}, { unit: "nginx.service" }],
  ["a session", "0::/user.slice/user-0.slice/session-3.scope\n", {}, { unit: "session-3.scope" }],
  ["a service of a user", "0::/user.slice/user-1000.slice/user@1000.service/app.slice/x.service\n", {}, { unit: "user@1000.service" }],
  ["the root group", "0::/\n", {}, {}],
];

test.each(layouts)("%s", (_, group, files, workload) => {
  expect(new Workloads(rootWith(group, files)).ofProcess(42)).toEqual(workload);
});

test("a process that is gone belongs to nothing", () => {
  expect(new Workloads(rootWith("0::/\n")).ofProcess(43)).toEqual({});
});

test("a container is found by name, pod, id and beginning of the id", () => {
  const [, group, files] = layouts[4]!;
  const workloads = new Workloads(rootWith(group, files));
  for (const wanted of ["app", "shop/web-7d9f", "shop/web-7d9f/app", id, id.slice(0, 12)]) {
    expect(workloads.processOfContainer(wanted)).toBe(42);
  }
  for (const wanted of ["ap", "012", other]) expect(workloads.processOfContainer(wanted)).toBeUndefined();
});

test("a name that comes later is found", () => {
  const root = rootWith(`0::/system.slice/docker-${id}.scope\n`);
  const workloads = new Workloads(root);
  expect(workloads.ofProcess(42)).toEqual({ container: "0123456789ab" });
  mkdirSync(join(root, `var/lib/docker/containers/${id}`), { recursive: true });
  writeFileSync(join(root, `var/lib/docker/containers/${id}/config.v2.json`), '{"Name":"/late"}');
  expect(workloads.ofProcess(42)).toEqual({ container: "late" });
});
