import { expect, test } from "bun:test";
import { dropAdvice } from "./drop-advice.ts";
import { errorEntries } from "./error-page.ts";
import { type KnownReasons, listText, explanation } from "./report.ts";

const kernel: KnownReasons = {
  release: "6.12.0",
  reasons: [
    { name: "NO_SOCKET", subsystem: "core" },
    { name: "IP_CSUM", subsystem: "core" },
    { name: "TCP_ZEROWINDOW", subsystem: "core" },
    { name: "OVS_DROP_FUTURE", subsystem: "openvswitch" },
  ],
};

test.each(["NO_SOCKET", "no_socket", "SKB_DROP_REASON_NO_SOCKET", "skb_drop_reason_no_socket", "no-socket", " NO_SOCKET "])(
  "%j is NO_SOCKET",
  (text) => {
    const answer = explanation(text, kernel);
    expect(answer).toStartWith("NO_SOCKET: No socket was found");
    expect(answer).toContain("\n\nLikely causes:\n  - The application is not running\n");
    expect(answer).toContain("\n\nWhat to do:\n  - ");
    expect(answer).not.toContain("running kernel");
  },
);

test("an alias is named as such", () => {
  expect(explanation("ipv4_csum", kernel)).toStartWith(
    "IP_CSUM: The checksum of the IPv4 header is wrong\nIPV4_CSUM is an alias: the kernel calls it IP_CSUM\n",
  );
});

test("what is not a drop has no causes", () => {
  expect(explanation("SKB_CONSUMED", undefined)).toBe("CONSUMED: Not a drop: the packet was delivered and consumed\n");
});

test("advice on a reason that the running kernel does not have", () => {
  expect(explanation("XDP", kernel)).toEndWith("\n\nThe running kernel (6.12.0) does not have this reason\n");
  expect(explanation("XDP", undefined)).not.toContain("running kernel");
});

test("reasons that only the kernel knows", () => {
  expect(explanation("tcp_zerowindow", kernel)).toStartWith(
    "TCP_ZEROWINDOW: a drop reason of the kernel's core network stack\n\nThe running kernel (6.12.0) has it; no advice is available yet\n",
  );
  expect(explanation("openvswitch/OVS_DROP_FUTURE", kernel)).toStartWith(
    "OVS_DROP_FUTURE: a drop reason of the kernel's subsystem openvswitch\n",
  );
});

test.each([
  ["NO_SOKET", kernel, "known neither to retis nor to the running kernel (6.12.0)", /^Did you mean NO_SOCKET\?/],
  ["zerowindow", kernel, "known neither to retis nor to the running kernel (6.12.0)", /^Did you mean TCP_ZEROWINDOW\?/],
  ["TCP_ZEROWINDOW", undefined, "not known to retis, and the reasons of the running kernel cannot be read", /^'retis explain' lists/],
  ["", kernel, "known neither to retis nor to the running kernel (6.12.0)", /^'retis explain' lists/],
])("unknown: %j", (text, known, why, hint) => {
  const options = { hint: expect.stringMatching(hint) };
  const error = expect.objectContaining({
    code: "UNKNOWN_REASON",
    message: `Unknown drop reason or error code "${text}": ${why}`,
    options,
  });
  expect(() => explanation(text, known)).toThrow(error as never);
});

test.each(["BPF_LOAD", "[BPF_LOAD]", "bpf-load"])("%s is an error", (text) => {
  const lines = explanation(text, kernel).split("\n");
  expect(lines.slice(0, 3)).toEqual([
    "BPF_LOAD: an error of retis (BPF programs: exit status 1)",
    "",
    expect.stringMatching(/^The kernel refused to load a program; /),
  ]);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
});

test("no error has the name of a drop reason, which would hide it", () => {
  const reasons = dropAdvice.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
  expect(errorEntries.filter(({ code }) => reasons.includes(code))).toEqual([]);
});

test("a misspelt code is suggested", () => {
  expect(() => explanation("BPF_LOD", undefined)).toThrow(
    expect.objectContaining({ options: { hint: expect.stringContaining("BPF_LOAD") } }),
  );
});

test("the list has one line for each reason and error", () => {
  const lines = listText(kernel).split("\n");
  expect(lines.filter((line) => /^(NO_SOCKET|IP_CSUM|BPF_LOAD) /.test(line))).toHaveLength(3);
  const kernelOnly = lines.indexOf("Other reasons of the running kernel (6.12.0):");
  expect(lines.slice(kernelOnly - 1, kernelOnly + 5)).toEqual([
    "",
    "Other reasons of the running kernel (6.12.0):",
    expect.stringMatching(/^TCP_ZEROWINDOW +\(core; no advice yet\)$/),
    expect.stringMatching(/^OVS_DROP_FUTURE +\(openvswitch; no advice yet\)$/),
    "",
    "Errors of retis:",
  ]);
  expect(listText(undefined).includes("Other reasons of")).toBe(false);
});

test("the list has every error, each with what it means", () => {
  const lines = listText(undefined).split("\nErrors of retis:\n")[1]!.trimEnd().split("\n");
  expect(lines).toHaveLength(errorEntries.length);
  for (const line of lines) expect(line).toMatch(/^[A-Z_]+ {2,}\S.{10,}[^.:;]$/);
});
