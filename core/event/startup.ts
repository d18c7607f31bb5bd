/** Section `startup`: who wrote an event file, where and how. Made in user space; the first event of each file. */
import { Group, Type, U32, U64 } from "../api/collector.ts";
import { defineSection, Line } from "../api/section.ts";
import { clockOffset } from "./clock.ts";

const text = (description: string) => Type.String({ description });

const machine = Group(
  {
    kernel_release: text("Kernel release. uname -r"),
    kernel_version: text("Kernel version. uname -v"),
    hardware_name: text("Hardware name. uname -m"),
  },
  { description: "Machine that recorded" },
);

const splitFile = Group(
  {
    id: U32({ description: "Number of this part. Counts from 0" }),
    policy: Group(
      { kind: text("Kind of limit. size"), limit: U64({ description: "Limit of each part. Bytes" }) },
      { description: "When a new part is begun" },
    ),
  },
  { description: "Position among the parts of a rotated file" },
);

export const startupSection = defineSection({
  key: "startup",
  summary: "Start of a collection. The first event of each file.",
  schema: Type.Object({
    retis_version: text("Version of the program that collected"),
    cmdline: text("Command line, profiles expanded"),
    clock_monotonic_offset: clockOffset,
    machine,
    split_file: Type.Optional(splitFile),
  }),
  format(startup) {
    const { kernel_release, kernel_version, hardware_name } = startup.machine;
    const lines = [
      `collected with Retis ${recorderVersion(startup.retis_version)}`,
      `on machine ${kernel_release} ${kernel_version} ${hardware_name}`,
    ];
    if (startup.split_file !== undefined) lines.push(`file id ${startup.split_file.id}`);
    lines.push(`cmdline ${startup.cmdline}`);
    return [{ at: Line.startup, text: lines }];
  },
});

/** The version that recorded: of events brought to a later layout it follows that of the layout, e.g. `v1.7.0+1.5.2`. */
function recorderVersion(version: string): string {
  return version.replace(/^v\d+\.\d+\.\d+\+(\d+\.\d+\.\d+)/, "v$1");
}
