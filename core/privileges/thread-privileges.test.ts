import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { capabilitiesOf, capabilityMask } from "../kernel/capabilities.ts";
import { findUser } from "./system-user.ts";

const isRoot = process.getuid?.() === 0;

/** Runs code in a process of its own, which prints JSON. Privileges that were given up do not come back. */
function run(code: string): unknown {
  const imports = `
    import { readFileSync, statSync, rmSync } from "node:fs";
    import { asFileUser, reachThreads, readingMapsNeedsCapability, restrictThreads, threadStates } from ${JSON.stringify(join(import.meta.dir, "thread-privileges.ts"))};
    import { findUser } from ${JSON.stringify(join(import.meta.dir, "system-user.ts"))};
    import { openPrivate } from ${JSON.stringify(join(import.meta.dir, "../file/open-private.ts"))};
    const show = (value) => console.log(JSON.stringify(value, (_, each) => typeof each === "bigint" ? each.toString(16) : each));
    const all = () => { const { effective, permitted, noNewPrivileges, uids } = states(); return { effective, permitted, noNewPrivileges, uids }; };
    const states = () => { const found = threadStates().map(({ id, ...state }) => JSON.stringify(state, (_, each) => typeof each === "bigint" ? each.toString(16) : each));
      if (new Set(found).size !== 1) throw new Error("threads differ: " + found.join(" ")); return JSON.parse(found[0]); };
    const worker = new Worker("data:text/javascript,setInterval(() => {}, 1000); postMessage(1)");
    await new Promise((resolve) => (worker.onmessage = resolve));`;
  const { stdout, stderr, exitCode } = Bun.spawnSync([process.execPath, "-e", `${imports}\n${code}\nprocess.exit(0);`]);
  expect({ exitCode, stderr: stderr.toString() }).toEqual({ exitCode: 0, stderr: "" });
  return JSON.parse(stdout.toString());
}

test("names and bits of capabilities", () => {
  const some = ["CAP_CHOWN", "CAP_NET_ADMIN", "CAP_BPF"] as const;
  expect([...capabilitiesOf(capabilityMask(some))]).toEqual([...some]);
});

test("users are found with all their groups, or named", () => {
  expect(findUser("root")).toMatchObject({ uid: 0, gid: 0 });
  expect(findUser("root").groups).toContain(0);
  expect(() => findUser("no-such-user")).toThrow('Unknown user "no-such-user"');
});

describe.skipIf(!isRoot)("as root (needs root)", () => {
  test("every thread can be reached, and keeps what it has", () => {
    const [reached, same] = run(
      "const before = states(); show([reachThreads(), JSON.stringify(before) === JSON.stringify(states())]);",
    ) as [number, boolean];
    expect(same).toBe(true);
    expect(reached).toBeGreaterThanOrEqual(3);
  });

  test("every thread gives up everything, and gains nothing by a program that it starts", () => {
    const result = run(`restrictThreads({ keep: new Set(), user: undefined });
      const child = Bun.spawnSync(["/bin/grep", "CapEff", "/proc/self/status"]).stdout.toString().trim();
      show([all(), child]);`);
    expect(result).toEqual([{ effective: "0", permitted: "0", noNewPrivileges: true, uids: [0, 0, 0, 0] }, "CapEff:\t0000000000000000"]);
  });

  test("threads that are made later have no more", () => {
    const result = run(`restrictThreads({ keep: new Set(), user: undefined });
      const second = new Worker("data:text/javascript,setInterval(() => {}, 1000); postMessage(1)");
      await new Promise((resolve) => (second.onmessage = resolve));
      show(all());`);
    expect(result).toMatchObject({ effective: "0", permitted: "0", noNewPrivileges: true });
  });

  test("what is kept stays, also as another user, and programs that are started have it", () => {
    const kept = capabilityMask(["CAP_NET_ADMIN", "CAP_BPF"]).toString(16);
    const result = run(`const user = findUser("nobody"); restrictThreads({ keep: new Set(["CAP_NET_ADMIN", "CAP_BPF"]), user });
      const child = Bun.spawnSync(["/bin/grep", "CapEff", "/proc/self/status"]).stdout.toString().trim();
      show([all(), child, process.getgroups()]);`);
    const { uid, groups } = findUser("nobody");
    expect(result).toEqual([
      { effective: kept, permitted: kept, noNewPrivileges: true, uids: [uid, uid, uid, uid] },
      `CapEff:\t${kept.padStart(16, "0")}`,
      expect.arrayContaining([...groups]),
    ]);
  });

  test("a program whose file has capabilities or belongs to root gains none", () => {
    const result = run(`restrictThreads({ keep: new Set(), user: findUser("nobody") });
      show(Bun.spawnSync(["/bin/su", "-c", "id -u"], { stdin: "ignore" }).exitCode !== 0);`);
    expect(result).toBe(true);
  });

  test("files of another user's are opened with no more rights than that user has", () => {
    const result = run(`const user = findUser("nobody"); const path = "/tmp/retis-file-user-" + process.pid;
      let refused; try { asFileUser(user, () => openPrivate("/etc/retis-file-user")); } catch (error) { refused = error.code; }
      asFileUser(user, () => openPrivate(path)); asFileUser(user, () => openPrivate(path));
      const { uid, mode } = statSync(path); rmSync(path);
      show([refused, uid === user.uid, (mode & 0o777).toString(8), process.geteuid(), states().uids]);`);
    expect(result).toEqual(["EACCES", true, "600", 0, [0, 0, 0, 0]]);
  });

  test("looking whether maps can be read without capabilities leaves them", () => {
    const result = run("const before = states(); readingMapsNeedsCapability(); show(JSON.stringify(before) === JSON.stringify(states()));");
    expect(result).toBe(true);
  });
});

test.skipIf(!isRoot)("without the right to change it a user is refused", () => {
  const result = run(`restrictThreads({ keep: new Set(), user: undefined });
    const codes = []; const user = findUser("nobody");
    for (const call of [() => restrictThreads({ keep: new Set(), user }), () => asFileUser(user, () => {})]) try { call(); codes.push("done"); } catch (error) { codes.push(error.code); }
    show(codes);`);
  expect(result).toEqual(["PRIVILEGES", "PRIVILEGES"]);
});
