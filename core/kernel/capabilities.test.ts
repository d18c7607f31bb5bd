import { expect, test } from "bun:test";
import { capabilityBits } from "../base/privilege.ts";
import { capabilitiesOf, effectiveCapabilities } from "./capabilities.ts";
import { lockdownMode, tracingSysctl } from "./lockdown.ts";
import { KernelFixture } from "./testdata/kernel-fixture.ts";

test("effective capabilities by name", () => {
  const status = "Name:\tretis\nCapPrm:\t000001ffffffffff\nCapEff:\t000000c000201000\n";
  expect([...capabilitiesOf(capabilityBits(status)!)]).toEqual(["CAP_NET_ADMIN", "CAP_SYS_ADMIN", "CAP_PERFMON", "CAP_BPF"]);
  expect(capabilitiesOf(capabilityBits("CapEff:\t0000000000000000\n")!).size).toBe(0);
  expect(capabilitiesOf(capabilityBits("CapEff:\t000001ffffffffff\n")!).size).toBe(41);
  expect(capabilityBits("Name:\tretis\n")).toBeUndefined();
});

test.skipIf(process.getuid?.() !== 0)("root has capabilities (needs root)", () => {
  expect(effectiveCapabilities()!.size).toBeGreaterThan(0);
});

test("lockdown and sysctls, present or not", () => {
  using fixture = new KernelFixture({
    "sys/kernel/security/lockdown": "none [integrity] confidentiality\n",
    "proc/sys/kernel/kptr_restrict": "1\n",
    "proc/sys/kernel/perf_event_paranoid": "-1\n",
  });
  expect(lockdownMode(`${fixture.directory}/sys`)).toBe("integrity");
  expect(lockdownMode(`${fixture.directory}/none`)).toBeUndefined();
  expect(tracingSysctl("kptr_restrict", `${fixture.directory}/proc`)).toBe(1);
  expect(tracingSysctl("perf_event_paranoid", `${fixture.directory}/proc`)).toBe(-1);
  expect(tracingSysctl("unprivileged_bpf_disabled", `${fixture.directory}/proc`)).toBeUndefined();
});
