import { CString, type Static, Type, U32 } from "../../core/api/collector.ts";

/** Properties of section `dev`. */
export const devSchema = Type.Object({
  name: CString({ description: "Device name" }),
  ifindex: U32({ description: "Device index" }),
  rx_ifindex: U32({ description: "Index of the device that received the packet. Absent when none did", omitZero: true }),
});

export type Device = Static<typeof devSchema>;
