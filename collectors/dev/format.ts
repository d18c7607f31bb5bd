import { Line, type TextContext, type TextPiece } from "../../core/api/collector.ts";
import type { Device } from "./schema.ts";

/** `if <ifindex>[ (<name>)][ rxif <ifindex>]`, in front of the packet. */
export function formatDevice(device: Device, { paint }: TextContext): readonly TextPiece[] {
  const name = device.name === "" ? "" : ` (${paint.device(device.name)})`;
  const received = device.rx_ifindex ? ` rxif ${device.rx_ifindex}` : "";
  return [{ at: Line.packet, text: `if ${device.ifindex}${name}${received}` }];
}
