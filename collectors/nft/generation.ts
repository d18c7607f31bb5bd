/** The generation of a namespace's rules: a number that changes with each transaction, so with whatever may change a rule. */
import type { OpenNamespace } from "../../core/api/collector.ts";

/** include/uapi/linux/netlink.h, include/uapi/linux/netfilter/nfnetlink.h, include/uapi/linux/netfilter/nf_tables.h */
const NETLINK_NETFILTER = 12;
const NLM_F_REQUEST = 1;
const NFNL_SUBSYS_NFTABLES = 10;
const NFT_MSG_NEWGEN = 15;
const NFT_MSG_GETGEN = 16;
const NFTA_GEN_ID = 1;
/** Of struct nlmsghdr, of it with struct nfgenmsg, and of an attribute's head. */
const headBytes = 16;
const messageBytes = 20;
const attributeBytes = 4;

const messageType = (message: number) => (NFNL_SUBSYS_NFTABLES << 8) | message;

/** The kernel's integers; both architectures that we are built for are little-endian. */
const littleEndian = true;

function request(): Uint8Array {
  const message = new DataView(new ArrayBuffer(messageBytes));
  message.setUint32(0, messageBytes, littleEndian);
  message.setUint16(4, messageType(NFT_MSG_GETGEN), littleEndian);
  message.setUint16(6, NLM_F_REQUEST, littleEndian);
  return new Uint8Array(message.buffer);
}

/** Reads NFTA_GEN_ID of an NFT_MSG_NEWGEN. @throws Error for any other message, e.g. the kernel's refusal */
export function parseGeneration(answer: Uint8Array): number {
  const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength);
  const end = answer.length < headBytes ? 0 : Math.min(view.getUint32(0, littleEndian), answer.length);
  if (end < messageBytes || view.getUint16(4, littleEndian) !== messageType(NFT_MSG_NEWGEN)) throw new Error("nf_tables does not answer");
  for (let at = messageBytes; at + attributeBytes < end; ) {
    const length = view.getUint16(at, littleEndian);
    if (view.getUint16(at + 2, littleEndian) === NFTA_GEN_ID && at + 8 <= end) return view.getUint32(at + attributeBytes);
    if (length < attributeBytes) break;
    at += (length + 3) & ~3;
  }
  throw new Error("nf_tables does not report its generation");
}

/** @throws Error when the namespace cannot be entered, or has no nf_tables */
export function readGeneration(namespace: OpenNamespace): number {
  return parseGeneration(namespace.netlink(NETLINK_NETFILTER, request()));
}
