/** Drop reasons of signed TCP segments: TCP-MD5 (RFC 2385) and TCP-AO (RFC 5925). */
import type { DropAdvice } from "../../../core/api/drop-advice.ts";

const compareKeys = "Compare keys, addresses and key ids on both ends; BGP daemons have them in the configuration of the neighbour";
const seeKernelLog = "See the kernel's log, which names the connection: dmesg | grep -i -e md5 -e 'TCP.*AO'";

export const tcpAuthenticationAdvice: readonly DropAdvice[] = [
  {
    name: "TCP_AUTH_HDR",
    class: "problem",
    meaning: "The TCP options for a signature (MD5 or AO) are malformed, or there are two",
    causes: ["A faulty or hostile sender", "A middlebox that rewrites TCP options"],
    steps: ["Look at the options of the packet in a capture: retis pcap", seeKernelLog],
  },
  {
    name: "TCP_MD5NOTFOUND",
    class: "problem",
    counters: ["TcpExtTCPMD5NotFound"],
    meaning: "The segment has no MD5 signature, but the socket expects one from this peer",
    causes: ["Only one end has a key for the session (BGP, LDP)", "A segment of another host, such as a scan or a forged reset"],
    steps: [compareKeys, seeKernelLog],
  },
  {
    name: "TCP_MD5UNEXPECTED",
    class: "problem",
    counters: ["TcpExtTCPMD5Unexpected"],
    meaning: "The segment has an MD5 signature, but the socket has no key for this peer",
    causes: ["Only one end has a key for the session (BGP, LDP)", "A key that is set for another address or prefix"],
    steps: [compareKeys, seeKernelLog],
  },
  {
    name: "TCP_MD5FAILURE",
    class: "problem",
    counters: ["TcpExtTCPMD5Failure"],
    meaning: "The MD5 signature of the segment is wrong",
    causes: ["The two ends have different keys", "NAT or a middlebox changed addresses, ports or data"],
    steps: [compareKeys, seeKernelLog],
  },
  {
    name: "TCP_AONOTFOUND",
    class: "problem",
    counters: ["TcpExtTCPAORequired"],
    meaning: "The segment is not signed with TCP-AO, but the socket requires it from this peer",
    causes: ["Only one end has keys for the session", "The peer does not support TCP-AO"],
    steps: [compareKeys, seeKernelLog],
  },
  {
    name: "TCP_AOUNEXPECTED",
    class: "problem",
    counters: ["TcpExtTCPAOKeyNotFound"],
    meaning: "The segment is signed with TCP-AO, but the socket has no key for this peer",
    causes: ["Only one end has keys for the session", "Keys that are set for another address or prefix"],
    steps: [compareKeys, seeKernelLog],
  },
  {
    name: "TCP_AOKEYNOTFOUND",
    class: "problem",
    counters: ["TcpExtTCPAOKeyNotFound"],
    meaning: "The socket has no TCP-AO key with the key id of the segment",
    causes: ["The ends rotate keys at different times", "Send and receive ids are mixed up between the ends"],
    steps: [compareKeys, seeKernelLog],
  },
  {
    name: "TCP_AOFAILURE",
    class: "problem",
    counters: ["TcpExtTCPAOBad"],
    meaning: "The TCP-AO signature of the segment is wrong",
    causes: ["The two ends have different keys or algorithms", "NAT or a middlebox changed the segment"],
    steps: [compareKeys, seeKernelLog],
  },
];
