/** Whose addresses are meant. */
import type { HostView } from "./host-view.ts";

/** One of the namespace's own. */
export function isOwn(view: HostView, address: string): boolean {
  return addressesOf(view).includes(` ${address}/`);
}

/** That of all hosts, or of a network of the namespace. */
export function isBroadcast(view: HostView, address: string): boolean {
  return address === "255.255.255.255" || addressesOf(view).includes(` brd ${address} `);
}

export function isMulticast(address: string): boolean {
  return /^(22[4-9]|23\d)\./.test(address) || /^ff/i.test(address);
}

function addressesOf(view: HostView): string {
  return view.output("ip", "-o", "address") ?? "";
}
