/** Texts of errors that the kernel answers to netlink requests, such as those of ip and tc. */
import { CString, defineCollector, defineSection, Line, Type, U32 } from "retis/collector";

const probe = "tp:netlink:netlink_extack";

const section = defineSection({
  key: "netlink-error",
  summary: "Netlink error. Why the kernel refused a request",
  wire: "error",
  schema: Type.Object({
    message: CString({ description: "Text of the extended acknowledgement" }),
    uid: U32({ description: "User of the process" }),
  }),
  format: ({ message, uid }) => [{ at: Line.other, text: `netlink error "${message}" (uid ${uid})` }],
});

export default defineCollector({
  name: "netlink-error",
  summary: "Why the kernel refused requests over netlink",
  api: "1.x",
  sections: [section],
  check(host) {
    const reason = host.whyUnprobeable(probe);
    return reason === undefined ? { ok: true } : { ok: false, reason, hint: "Needs Linux 5.13 or later" };
  },
  setup: () => ({ probes: [probe], hooks: [{ object: "hook.bpf.o", at: [probe] }] }),
});
