import { realpathSync, writeFileSync } from "node:fs";
import { packCollector } from "../../authoring/pack.ts";
import { eventFileNotWritten } from "../../base/errors.ts";
import { counted } from "../../base/plural.ts";
import { writeAnswer } from "../../cli/answer.ts";
import type { CommandBody } from "../../cli/cli-command.ts";
import { isPath } from "../../cli/select-collectors.ts";
import { Kernel } from "../../kernel/kernel.ts";
import { sha256 } from "../../packed/packed-collector.ts";
import { packedEnding } from "../../packed/packed-ending.ts";
import { createHost } from "../../probe/collector-host.ts";

/** `retis collector pack DIRECTORY`: one file to give to others. */
export const collectorPack: CommandBody = {
  define(parser, { context }) {
    parser
      .argument("<directory>", "Directory of the collector")
      .option("-o, --out <file>", `File to write (default: NAME-VERSION${packedEnding})`);
    return async () => {
      const directory = parser.args[0]!;
      const paths = [isPath(directory) ? directory : `./${directory}`];
      const loaded = await context.loadCollectors({ directories: [], paths, names: [], onlyRequested: true, quiet: true });
      const described = loaded.find(({ source }) => source === "path")!;
      const { collector, directory: path = directory } = (await described.load?.()) ?? described;
      const { name, version, bytes, files } = await packCollector(collector, realpathSync(path), createHost(new Kernel(), false));
      const file = parser.opts<{ out?: string }>().out ?? `${name}-${version}${packedEnding}`;
      write(file, bytes);
      writeAnswer(
        `Packed ${name} ${version}: ${file}, ${counted(files.length, "file")}, ${bytes.length} bytes\nSHA-256 ${sha256(bytes)}\n`,
      );
      return 0;
    };
  },
};

function write(file: string, bytes: Uint8Array): void {
  try {
    writeFileSync(file, bytes);
  } catch (error) {
    throw eventFileNotWritten(file, error);
  }
}
