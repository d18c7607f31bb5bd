/** Colours on a terminal, as functions that return their argument unchanged when there shall be none. */
import type { styleText } from "node:util";
import type { OutputStream } from "./terminal.ts";

type Style = Parameters<typeof styleText>[0];

/** Highlights a text, or returns it as it is. */
export type Painter = (text: string) => string;

const plain: Painter = (text) => text;

/** `--color`: when output gets colours. */
export const colourModes = ["auto", "always", "never"] as const;
export type ColourMode = (typeof colourModes)[number];

let mode: ColourMode = "auto";

/** Sets what {@link wantsColour} answers from now on. */
export function setColourMode(chosen: ColourMode): void {
  mode = chosen;
}

/**
 * Whether a stream shall get colours, unless `--color` decides: only a terminal, and neither with a non-empty `NO_COLOR` (no-color.org) nor with
 * `TERM` unset or `dumb`.
 */
export function wantsColour(stream: OutputStream, env: NodeJS.ProcessEnv = process.env): boolean {
  if (mode !== "auto") return mode === "always";
  return stream.isTTY === true && !env.NO_COLOR && !!env.TERM && env.TERM !== "dumb";
}

/** A painter for one style of `node:util` styleText, or one that leaves text alone. */
export function painter(style: Style, colour: boolean): Painter {
  if (!colour) return plain;
  // styleText checks its arguments on each call; the codes never change, so call it once.
  const util = process.getBuiltinModule("node:util"); // loaded only now: it takes 2 ms
  const [open = "", close = ""] = util.styleText(style, "|", { validateStream: false }).split("|");
  return (text) => open + text + close;
}

/** The colours of event text (`Paint` in core/api/section.ts) for a stream. */
export function paintFor(stream: OutputStream, env: NodeJS.ProcessEnv = process.env) {
  return paintIn(wantsColour(stream, env));
}

/** The same with colours or without: of the 16 that every terminal has, those that can be read on light and on dark backgrounds. */
export function paintIn(colour: boolean) {
  return {
    alarm: painter(["red", "bold"], colour),
    symbol: painter("cyan", colour),
    dim: painter("dim", colour),
    address: painter("cyan", colour),
    device: painter("magenta", colour),
  };
}
