import { describe, expect, test } from "bun:test";
import { StatusLine } from "./status-line.ts";

const erase = "\r\u001b[K";

function record(columns = 80) {
  const terminal = { time: 1000, text: "" };
  const statusLine = new StatusLine({
    write: (text) => (terminal.text += text),
    columns: () => columns,
    now: () => terminal.time,
    timeOfDay: () => "12:34:56",
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

  test("shows how many drops were counted instead of shown", () => {
    const { terminal, statusLine } = record();
    terminal.time += 500;
    statusLine.folded = 7;
    statusLine.update({ events: 100, lost: 0 });
    expect(terminal.text).toBe(`${erase}events 100  normal 7  lost 0  rate 200/s  elapsed 0:00:00`);
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

  test("once nothing happens any more, says since when and is not drawn again", () => {
    const { terminal, statusLine } = record();
    const passes = (counts: { readonly events: number; readonly lost: number }) => {
      const until = statusLine.untilDrawing();
      terminal.time += 300;
      terminal.text = "";
      statusLine.update(counts);
      return [until, terminal.text.slice(erase.length)];
    };
    expect(passes({ events: 5, lost: 0 })).toEqual([250, "events 5  lost 0  rate 17/s  elapsed 0:00:00"]);
    expect(passes({ events: 5, lost: 0 })).toEqual([250, "events 5  lost 0  rate 0/s  idle since 12:34:56"]);
    expect(passes({ events: 5, lost: 0 })).toEqual([Number.POSITIVE_INFINITY, ""]);
    statusLine.erase();
    expect(passes({ events: 5, lost: 0 })).toEqual([0, "events 5  lost 0  rate 0/s  idle since 12:34:56"]);
    expect(passes({ events: 5, lost: 2 })[1]).toBe("events 5  <lost 2>  rate 0/s  elapsed 0:00:01");
    expect(passes({ events: 6, lost: 2 })[1]).toBe("events 6  <lost 2>  rate 3/s  elapsed 0:00:01");
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
