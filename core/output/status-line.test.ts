import { describe, expect, test } from "bun:test";
import { StatusLine } from "./status-line.ts";

const erase = "\r\u001b[K";

function record(columns = 80) {
  const terminal = { time: 1000, text: "" };
  const statusLine = new StatusLine({
    write: (text) => (terminal.text += text),
    columns: () => columns,
    now: () => terminal.time,
    alarm: (text) => `<${text}>`,
  });
  return { terminal, statusLine };
}

describe("StatusLine", () => {
  test("shows counts, the rate since the last drawing and the time since the start", () => {
    const { terminal, statusLine } = record();
    terminal.time += 500;
    statusLine.update({ events: 100, lost: 0 });
    expect(terminal.text).toBe(`${erase}events 100  lost 0  rate 200/s  elapsed 0:00:00`);
    terminal.time += 3_723_500;
    terminal.text = "";
    statusLine.update({ events: 100, lost: 3n });
    expect(terminal.text).toBe(`${erase}events 100  <lost 3>  rate 0/s  elapsed 1:02:04`);
    terminal.time += 1000;
    terminal.text = "";
    statusLine.update({ events: 100, lost: 0, skipped: 5 });
    expect(terminal.text).toBe(`${erase}events 100  lost 0  skipped 5  rate 0/s  elapsed 1:02:05`);
  });

  test("draws at most four times a second", () => {
    const { terminal, statusLine } = record();
    let drawings = 0;
    for (let i = 0; i < 1000; i++) {
      terminal.time += 1;
      terminal.text = "";
      statusLine.update({ events: i, lost: 0 });
      if (terminal.text !== "") drawings++;
    }
    expect(drawings).toBe(4);
  });

  test("erases only what is there", () => {
    const { terminal, statusLine } = record();
    statusLine.erase();
    expect(terminal.text).toBe("");
    terminal.time += 250;
    statusLine.update({ events: 1, lost: 0 });
    terminal.text = "";
    statusLine.erase();
    statusLine.erase();
    expect(terminal.text).toBe(erase);
  });

  test("never wraps", () => {
    const { terminal, statusLine } = record(20);
    terminal.time += 250;
    statusLine.update({ events: 1, lost: 7 });
    expect(terminal.text).toBe(`${erase}events 1  lost 7  r`);
  });
});
