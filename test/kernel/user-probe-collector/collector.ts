/** Reports the arguments of the static probes of test/support/probed-program.c, for test/kernel/user-probes.ts. */
import { defineCollector, defineSection, I64, Type, U32, CString, Line } from "retis/collector";

const probed = defineSection({
  key: "probed",
  summary: "Arguments of a static probe.",
  wire: "probed",
  schema: Type.Object({
    count: U32({ description: "Arguments of the probe" }),
    readable: U32({ description: "Bits of those that could be read" }),
    a0: I64({ description: "First argument" }),
    a1: I64({ description: "Second argument" }),
    a2: I64({ description: "Third argument" }),
    a3: I64({ description: "Fourth argument" }),
    text: CString({ description: "Text that the first argument points to" }),
  }),
  format: ({ a0, a1, a2, a3, text }) => [{ at: Line.other, text: `arguments ${a0} ${a1} ${a2} ${a3} "${text}"` }],
});

const options = Type.Object({
  program: Type.String({ default: "*", description: "Program to probe" }),
  probes: Type.String({ default: "usdt", description: "usdt or function" }),
});

export default defineCollector({
  name: "probed",
  summary: "Arguments of the static probes of the test program",
  apiVersion: 1,
  sections: [probed],
  options,
  setup(_host, { program, probes }) {
    const probe = probes === "usdt" ? `usdt:${program}:retis_test:*` : `uprobe:${program}:probed_function`;
    return {
      hooks: [{ object: "hook.bpf.o", at: [probe] }],
      probes: [`${probe}/optional`],
      constants: { text: true },
    };
  },
});
