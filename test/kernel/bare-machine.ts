/** The executable alone: on a machine that has a C library and nothing else of what built it. */
import { equal, match } from "node:assert/strict";
import { copyFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { mustRun } from "../support/command.ts";
import { Collection, retisPath } from "../support/retis.ts";
import { scenario } from "../support/scenario.ts";
import { twoNamespaces } from "../support/topology.ts";
import { sendUdp } from "../support/traffic.ts";

// A root of its own, in a mount namespace that vanishes with the process; "$0" is that root, "$1" the tool's path outside.
const enter = `
  mount --rbind /proc "$0/proc" && mount --rbind /sys "$0/sys" && mount -t tmpfs -o noexec,mode=1777 tmpfs "$0/tmp" &&
  mount -t tmpfs -o mode=755 tmpfs "$0/dev" && mknod -m 666 "$0/dev/null" c 1 3 && mknod -m 666 "$0/dev/urandom" c 1 9 || exit 1
  root=$0; shift
  exec chroot "$root" /retis "$@"`;

/** Makes a root directory with the tool and the shared libraries that the tool itself is linked to, which are libc's. */
async function makeBareRoot(directory: string): Promise<string> {
  const root = join(directory, "root");
  for (const name of ["proc", "sys", "tmp", "dev"]) mkdirSync(join(root, name), { recursive: true });
  copyFileSync(retisPath, join(root, "retis"));
  const linked = (await mustRun(["ldd", retisPath])).matchAll(/(\/\S+) \(0x/g);
  for (const [, library = ""] of linked) {
    mkdirSync(join(root, dirname(library)), { recursive: true });
    copyFileSync(library, join(root, library));
  }
  return root;
}

const bare = scenario(
  "the executable works alone: no libbpf, no shell, /tmp without exec",
  { where: "once", requires: ["root", "tracepoint:skb:kfree_skb"] },
  async (trial) => {
    const root = await makeBareRoot(trial.directory);
    const { client } = await trial.topology(twoNamespaces());
    const wrapper = ["unshare", "--mount", "--propagation", "private", "sh", "-c", enter, root];
    const collection = await Collection.start(trial, ["-c", "skb,skb-drop,dev,ns"], {
      wrapper,
      cwd: "/",
      env: { HOME: "/", TMPDIR: "/tmp" },
    });
    await sendUdp(client, "10.0.42.2", 8201);
    await collection.waitForOutput(/10\.0\.42\.2\.8201 /);
    const { status, stdout } = await collection.stop();
    equal(status, 0);
    match(stdout, /^ {2}drop \(reason \w+\) at .+$/m);
  },
);

export const scenarios = [bare];
