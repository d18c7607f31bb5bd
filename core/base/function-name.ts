/**
 * The function of a location, without offset, module and what compilers append: `br_handle_frame+0x1/0x3f0 [bridge]`,
 * `ip_rcv_core.isra.0`.
 */
export function functionOfLocation(text: string): string {
  return text
    .trim()
    .replace(/\s*[[(][\w-]+[\])]$/, "")
    .replace(/\+(?:0x)?[0-9a-f]+(?:\/(?:0x)?[0-9a-f]+)?$/i, "")
    .replace(/\.(?:isra|constprop|part|cold|llvm)\b.*$/, "");
}
