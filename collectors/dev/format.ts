import { Line, type TextPiece } from "../../core/api/collector.ts";
import type { Device } from "./schema.ts";

/** `if <ifindex>[ (<name>)][ rxif <ifindex>]`, in front of the packet. */
export function formatDevice(device: Device): readonly TextPiece[] {
  const name = device.name === "" ? "" : ` (${device.name})`;
  const received = device.rx_ifindex ? ` rxif ${device.rx_ifindex}` : "";
  return [{ at: Line.packet, text: `if ${device.ifindex}${name}${received}` }];
}
