/** What the executable does with its privileges: nothing that its caller's environment says, and no more than it needs. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../support/command.ts";
import { retis, retisPath } from "../support/retis.ts";
import { scenario } from "../support/scenario.ts";

const once = { requires: ["root"], where: "once" } as const;

const environment = scenario("variables of Bun run no code and open no debugger", once, async (trial) => {
  const ran = join(trial.directory, "ran");
  const code = join(trial.directory, "code.ts");
  writeFileSync(code, `require("node:fs").writeFileSync(${JSON.stringify(ran)}, "");`);
  const variables = {
    BUN_OPTIONS: `--preload ${code}`,
    BUN_BE_BUN: "1",
    BUN_INSPECT: "ws://127.0.0.1:0",
    BUN_INSPECT_PRELOAD: code,
    NODE_OPTIONS: `--require ${code}`,
  };
  const plain = await retis(["--version"]);
  match(plain.stdout, /^retis /);
  for (const [name, value] of Object.entries(variables)) deepEqual(await retis(["--version"], { env: { [name]: value } }), plain, name);
  ok(!existsSync(ran), "code of the environment ran");
});

const noProc = scenario("without /proc a message says so", once, async () => {
  const script = 'mount -t tmpfs none /proc && exec "$0" "$@"';
  const wrapper = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script];
  for (const args of [["--version"], ["collect", "-c", "skb"]]) {
    const { status, stdout, stderr } = await runCommand([...wrapper, retisPath, ...args]);
    equal(stderr, "error: Cannot start: /proc is not mounted [NO_PROC]\nhint: Mount it: mount -t proc proc /proc\n");
    deepEqual({ status, stdout }, { status: 1, stdout: "" });
  }
});

/** Refuses one system call with EPERM, as profiles of container engines do, and goes on as another program. */
const refusing = `
import ctypes, os, platform, struct, sys
libc = ctypes.CDLL(None)
number = {"x86_64": 321, "aarch64": 280}[platform.machine()]
code = b"".join(struct.pack("HBBI", *each) for each in
  [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7fff0000)])
class Program(ctypes.Structure):
  _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]
libc.prctl(38, 1, 0, 0, 0)
if libc.prctl(22, 2, ctypes.byref(Program(4, code))): sys.exit("no seccomp")
os.execv(sys.argv[1], sys.argv[1:])
`;

const causes = scenario("what keeps from tracing is named: user namespace, seccomp, capabilities", once, async () => {
  const seccomp = ["/usr/bin/python3", "-c", refusing];
  const uncapable = ["setpriv", "--bounding-set=-bpf,-sys_admin", "--inh-caps=-all", "--"];
  const wrappers: readonly (readonly [readonly string[], RegExp, RegExp])[] = [
    [
      ["unshare", "--user", "--map-root-user"],
      /: this process is in a user namespace, .* \[NO_PRIVILEGE\]\n/,
      /user namespace +not the initial one/,
    ],
    [seccomp, /: a seccomp filter refuses bpf\(2\) \(EPERM\) \[NO_PRIVILEGE\]\n/, /bpf\(2\) +a seccomp filter refuses/],
    [uncapable, /: missing CAP_BPF \[NO_PRIVILEGE\]\n/, /CAP_BPF +needed to/],
  ];
  for (const [wrapper, message, line] of wrappers) {
    const { status, stderr } = await runCommand([...wrapper, retisPath, "collect", "-c", "skb,skb-drop"]);
    equal(status, 1);
    match(stderr, message);
    ok(!stderr.includes("Caused by"), stderr);
    match((await runCommand([...wrapper, retisPath, "doctor"])).stdout, line);
  }
});

export const scenarios = [environment, noProc, causes];
