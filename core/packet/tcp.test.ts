import { describe, expect, test } from "bun:test";
import { bytesFromHex } from "../base/bytes.ts";
import { DecodeState } from "./decode-state.ts";
import { decodeTcp, tcpText } from "./tcp.ts";

function tcpState(offsetAndFlags: string, rest = ""): DecodeState {
  return new DecodeState(bytesFromHex(`9c40 01bb fffffffb 000007d0 ${offsetAndFlags} 0200 0000 0000 ${rest}`));
}

describe("decodeTcp", () => {
  test("reads every field", () => {
    expect(decodeTcp(tcpState("6112", "020405b4 6162"))).toEqual({
      layer: "tcp",
      srcPort: 40000,
      dstPort: 443,
      sequence: 4294967291,
      acknowledgment: 2000,
      dataOffset: 6,
      flags: 0x112,
      window: 512,
      options: [{ kind: 2, value: 1460 }],
      payloadLength: 2,
    });
  });

  test("counts the payload by the lengths in the headers, not by the capture", () => {
    const state = tcpState("5010");
    state.payloadLength = 1480;
    expect(decodeTcp(state)?.payloadLength).toBe(1460);
  });

  test("needs 20 bytes", () => {
    const state = new DecodeState(new Uint8Array(19));
    expect(decodeTcp(state)).toBeUndefined();
    expect(state.status).toEqual({ kind: "truncated", at: "tcp" });
  });
});

describe("tcpText", () => {
  test("wraps the end of the sequence range", () => {
    expect(tcpText(decodeTcp(tcpState("5018", "61".repeat(10)))!)).toBe(" flags [P.] seq 4294967291:5 ack 2000 win 512");
  });

  test("shows the acknowledgment only with its flag", () => {
    expect(tcpText(decodeTcp(tcpState("5002"))!)).toBe(" flags [S] seq 4294967291 win 512");
  });

  test("writes flags in the order of their bits", () => {
    expect(tcpText(decodeTcp(tcpState("51ff"))!)).toContain(" flags [FSRP.UEWe] ");
  });

  test("shows empty brackets for options that were not captured", () => {
    expect(tcpText(decodeTcp(tcpState("f010"))!)).toEndWith(" win 512 []");
  });
});
