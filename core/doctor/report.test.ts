import { describe, expect, test } from "bun:test";
import { bpfUnusable } from "./testdata/checks.ts";
import { isReady, runChecks } from "./check.ts";
import { jsonReport, textReport } from "./report.ts";

const plain = (text: string) => text;
const paint = { ok: plain, missing: plain, unknown: plain };

describe("runChecks", () => {
  test("a check that throws is unknown, and the others still run", () => {
    const checks = runChecks("host", [
      {
        name: "broken",
        find: () => {
          throw new Error("no idea");
        },
      },
      { name: "fine", required: true, find: () => ({ status: "ok" }) },
    ]);
    expect(checks).toEqual([
      { group: "host", name: "broken", required: false, status: "unknown", detail: "no idea" },
      { group: "host", name: "fine", required: true, status: "ok" },
    ]);
    expect(isReady(checks)).toBe(true);
  });

  test("what is required must be there, not merely unknown", () => {
    expect(isReady(runChecks("kernel", [{ name: "it", required: true, find: () => ({ status: "unknown" }) }]))).toBe(false);
    expect(isReady(runChecks("kernel", [{ name: "it", find: () => ({ status: "missing" }) }]))).toBe(true);
  });
});

describe("textReport", () => {
  test("aligns names, joins detail and hint, and ends with the verdict", () => {
    expect(textReport(bpfUnusable, paint)).toBe(
      `Host
  ok       kernel release  6.1.0 on x64
  missing  CAP_BPF         needed to load BPF programs. Run as root

Collectors
  unknown  skb-drop        no answer

Not ready for retis collect -c skb,skb-drop: see CAP_BPF, skb-drop
`,
    );
  });

  test("says when the main job can run", () => {
    expect(textReport(bpfUnusable.slice(0, 1), paint)).toEndWith("\nReady: retis collect -c skb,skb-drop\n");
  });

  test("control characters of names and reasons do not reach the terminal", () => {
    const [check] = bpfUnusable;
    expect(textReport([{ ...check!, detail: "a\u001b[2Jb\nc" }], paint)).not.toMatch(/\u001b|b\n?\nc/);
  });
});

test("jsonReport gives the verdict and every check", () => {
  expect(JSON.parse(jsonReport(bpfUnusable))).toEqual({ ready: false, checks: bpfUnusable });
});
