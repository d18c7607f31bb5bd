/** The directory that `retis collector new` writes: a collector that builds and runs as it is. Its files are in collector-template/. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import abiHeader from "../../../bpf/include/retis/abi.h" with { type: "text" };
import contextHeader from "../../../bpf/include/retis/context.h" with { type: "text" };
import filterHeader from "../../../bpf/include/retis/filter.h" with { type: "text" };
import hookHeader from "../../../bpf/include/retis/hook.h" with { type: "text" };
import kernelHeader from "../../../bpf/include/retis/kernel.h" with { type: "text" };
import readHeader from "../../../bpf/include/retis/read.h" with { type: "text" };
import recordHeader from "../../../bpf/include/retis/record.h" with { type: "text" };
import registersHeader from "../../../bpf/include/retis/registers.h" with { type: "text" };
import skbHeader from "../../../bpf/include/retis/skb.h" with { type: "text" };
import sockHeader from "../../../bpf/include/retis/sock.h" with { type: "text" };
import userHeader from "../../../bpf/include/retis/user.h" with { type: "text" };
import hooksPage from "../../../bpf/README.md" with { type: "text" };
import stabilityPage from "../../../docs/stability.md" with { type: "text" };
import testingPage from "../../../docs/testing-a-collector.md" with { type: "text" };
import tutorialPage from "../../../docs/writing-a-collector.md" with { type: "text" };
import { collectorNotCreated } from "../../base/errors.ts";
import collectorSource from "./template/collector.ts.template" with { type: "text" };
import hookSource from "./template/hook.bpf.c.template" with { type: "text" };
import makefile from "./template/Makefile.template" with { type: "text" };
import goldenText from "./template/packets.golden.template" with { type: "text" };
import packets from "./template/packets.json.template" with { type: "text" };
import packageDescription from "./template/package.json.template" with { type: "text" };
import readme from "./template/README.md.template" with { type: "text" };
import scenario from "./template/traffic.ts.template" with { type: "text" };
import testDeclarations from "./template/retis-test.d.ts.template" with { type: "text" };
import declarations from "./template/retis-collector.d.ts.template" with { type: "text" };
import sectionSource from "./template/section.ts.template" with { type: "text" };
import compilerSettings from "./template/tsconfig.json.template" with { type: "text" };

/** Files that the author goes on from; every form of the name "my-collector" in them is replaced. */
const ownFiles: Readonly<Record<string, string>> = {
  "collector.ts": collectorSource,
  "section.ts": sectionSource,
  "hook.bpf.c": hookSource,
  Makefile: makefile,
  "package.json": packageDescription,
  "README.md": readme,
  "test/packets.json": packets,
  "test/packets.golden": goldenText,
  "test/traffic.ts": scenario,
};

/** Files that belong to this version of retis, written as they are. */
const retisFiles: Readonly<Record<string, string>> = {
  "tsconfig.json": compilerSettings,
  "retis-collector.d.ts": declarations,
  "retis-test.d.ts": testDeclarations,
  "docs/tutorial.md": tutorialPage,
  "docs/testing.md": testingPage,
  "docs/hooks.md": hooksPage,
  "docs/stability.md": stabilityPage,
  "include/retis/abi.h": abiHeader,
  "include/retis/context.h": contextHeader,
  "include/retis/filter.h": filterHeader,
  "include/retis/hook.h": hookHeader,
  "include/retis/kernel.h": kernelHeader,
  "include/retis/read.h": readHeader,
  "include/retis/record.h": recordHeader,
  "include/retis/registers.h": registersHeader,
  "include/retis/skb.h": skbHeader,
  "include/retis/sock.h": sockHeader,
  "include/retis/user.h": userHeader,
};

/** Nobody but the owner may write, whatever the umask: retis refuses to load a collector that others can change. */
const directoryMode = 0o755;
const fileMode = 0o644;

/**
 * Writes the template of a collector into a new directory.
 * @param name kebab-case, checked by the caller
 * @returns the paths of the files, relative to the directory
 * @throws TraceError COLLECTOR_NEW when the directory exists already or cannot be written; nothing is ever overwritten
 */
export function writeCollectorTemplate(name: string, directory: string): readonly string[] {
  const own = Object.entries(ownFiles).map(([path, text]) => [path, withName(text, name)] as const);
  const files = [...own, ...Object.entries(retisFiles)];
  try {
    mkdirSync(directory, { mode: directoryMode });
    for (const [path, text] of files) {
      mkdirSync(dirname(join(directory, path)), { recursive: true, mode: directoryMode });
      writeFileSync(join(directory, path), text, { flag: "wx", mode: fileMode });
    }
  } catch (error) {
    throw collectorNotCreated(directory, error);
  }
  return files.map(([path]) => path);
}

/** The text for another name: `my-collector`, `my_collector` in C, `myCollector` in TypeScript. */
function withName(text: string, name: string): string {
  const camelCase = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  return text.replaceAll("my-collector", name).replaceAll("my_collector", name.replaceAll("-", "_")).replaceAll("myCollector", camelCase);
}
