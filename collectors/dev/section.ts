import { CString, defineSection, Type, U32 } from "../../core/api/collector.ts";
import { formatDevice } from "./format.ts";

/** The network device that the packet is at. */
export const devSection = defineSection({
  key: "dev",
  summary: "Network device that the packet is at.",
  wire: "dev",
  schema: Type.Object({
    name: CString({ description: "Device name" }),
    ifindex: U32({ description: "Device index" }),
    rx_ifindex: U32({ description: "Index of the device that received the packet. Absent when none did", omitZero: true }),
  }),
  format: formatDevice,
});
