import { afterAll, expect, test } from "bun:test";
import { chownSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CollectOptions } from "../api/collect-options.ts";
import type { Plan } from "../api/collector.ts";
import type { SystemUser } from "../privileges/system-user.ts";
import type { PlannedCollector } from "./collector-plans.ts";
import { capabilitiesNeededLater } from "./give-up-privileges.ts";

const base = mkdtempSync(join(tmpdir(), "retis-later-"));
const [own, theirs] = [join(base, "own"), join(base, "theirs")];
for (const directory of [own, theirs]) mkdirSync(directory);
afterAll(() => rmSync(base, { recursive: true }));

const nobody: SystemUser = { name: "nobody", uid: 65534, gid: 65534, groups: [65534] };

interface Case {
  readonly options?: Partial<CollectOptions>;
  readonly plans?: readonly Partial<Plan>[];
  readonly user?: SystemUser;
  readonly followsProcesses?: boolean;
}

/** What is kept, except for reading maps, which depends on the kernel. */
function kept({ options = {}, plans = [], user, followsProcesses = false }: Case): readonly string[] {
  const planned = plans.map((plan) => ({ loaded: { collector: { name: "sample" } }, plan }) as unknown as PlannedCollector);
  const needed = capabilitiesNeededLater({ probeStack: false, ...options } as CollectOptions, { planned, user, followsProcesses });
  const plain = capabilitiesNeededLater({ probeStack: false } as CollectOptions, { planned: [], user: undefined, followsProcesses: false });
  return [...needed].filter((name) => !plain.has(name)).sort();
}

function rotated(directory: string): Partial<CollectOptions> {
  return { out: { path: join(directory, "e.cbor"), form: "cbor", zstd: false, rotate: 1_000_000 } };
}

test.each<[string, Case, readonly string[]]>([
  ["nothing", {}, []],
  [
    "what collectors say",
    { plans: [{ capabilities: ["CAP_NET_ADMIN"] }, { capabilities: ["CAP_SYS_ADMIN"] }, {}] },
    ["CAP_NET_ADMIN", "CAP_SYS_ADMIN"],
  ],
  ["ending a command", { options: { command: "true" } }, ["CAP_KILL"]],
  ["a file in a directory of ours", { options: rotated(own) }, []],
  ["grace periods, as another user", { options: { allowSystemChanges: true }, user: nobody }, ["CAP_DAC_OVERRIDE"]],
  ["grace periods, as root", { options: { allowSystemChanges: true } }, []],
  ["parts that the user makes", { options: rotated(own), user: nobody }, []],
])("%s", (_, given, expected) => {
  expect(kept(given)).toEqual([...expected]);
});

test("probes that are attached later", () => {
  for (const given of [{ options: { probeStack: true } }, { followsProcesses: true }]) {
    const planned = { planned: [], user: undefined, followsProcesses: false, ...given };
    const needed = capabilitiesNeededLater({ probeStack: false, ...("options" in given ? given.options : {}) } as CollectOptions, planned);
    expect([...needed]).toEqual(expect.arrayContaining(["CAP_BPF", "CAP_PERFMON"]));
  }
});

test.skipIf(process.getuid?.() !== 0)("parts in a directory of another user (needs root)", () => {
  chownSync(theirs, nobody.uid, nobody.gid);
  expect(kept({ options: rotated(theirs) })).toEqual(["CAP_DAC_OVERRIDE"]);
});

test("a name that is not a capability's is the collector's fault", () => {
  expect(() => kept({ plans: [{ capabilities: ["CAP_FLY"] }] })).toThrow("CAP_FLY, which is not a capability");
});

test("events of user-space probes that are opened later", () => {
  const needed = (opensUprobeEvents: boolean) =>
    capabilitiesNeededLater({ probeStack: false } as CollectOptions, {
      planned: [],
      user: undefined,
      followsProcesses: true,
      opensUprobeEvents,
    });
  expect([true, false].map((opens) => needed(opens).has("CAP_SYS_ADMIN"))).toEqual([true, false]);
});
