/** State and addresses of the socket when TCP sends a segment again. */
import { defineCollector, defineSection, EnumText, IpAddress, Line, Type, U16, U32 } from "retis/collector";

const section = defineSection({
  key: "tcp-retransmit",
  summary: "Retransmission. The socket when TCP sends a segment again",
  wire: "socket",
  schema: Type.Object({
    state: EnumText({ description: "State of the connection", enum: "TCP_ESTABLISHED", prefix: "TCP_", lowerCase: true }),
    source: IpAddress({ description: "Own address", version: "version" }),
    destination: IpAddress({ description: "Address of the other end", version: "version" }),
    sport: U16({ description: "Own port" }),
    dport: U16({ description: "Port of the other end", bigEndian: true }),
    retransmits: U32({ description: "Timeouts in a row" }),
  }),
  format: ({ state, source, sport, destination, dport, retransmits }) => [
    { at: Line.other, text: `retransmission ${source}.${sport} > ${destination}.${dport} ${state} timeouts ${retransmits}` },
  ],
});

export default defineCollector({
  name: "tcp-retransmit",
  summary: "The socket when TCP sends a segment again",
  api: "1.x",
  sections: [section],
  args: { sk: [{ type: "struct sock *" }] },
  setup: () => ({ probes: ["tp:tcp:tcp_retransmit_skb"], hooks: [{ object: "hook.bpf.o", at: ["tp:tcp:tcp_retransmit_skb"] }] }),
});
