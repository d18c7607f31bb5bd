/** Lines that fit a terminal: what is too long goes on below, indented, instead of in column 0. */

/** Narrower ones are left to the terminal. */
const leastWidth = 20;
/** Columns by which a line goes on further right than it began. */
const hanging = 4;
/** A colour code (ECMA-48 SGR), or one character. */
const unit = /\u001b\[[0-9;]*m|./gsu;

/** Columns of the terminal that stdout is; infinite where it is none. */
export function stdoutColumns(isTerminal: boolean): number {
  return isTerminal ? process.stdout.columns || 80 : Number.POSITIVE_INFINITY;
}

/**
 * Breaks lines between words, or within a word that is longer than a line. They go on below their second column, where they have
 * columns (separated by two spaces or more), below the text of a list item, or indented.
 * @param text may have colour codes, which take no columns
 * @param width in columns
 */
export function wrapLines(text: string, width: number): string {
  if (width === Number.POSITIVE_INFINITY || width < leastWidth) return text;
  return text
    .split("\n")
    .map((line) => (Bun.stringWidth(line) <= width ? line : wrapLine(line, width)))
    .join("\n");
}

function wrapLine(line: string, width: number): string {
  const indent = " ".repeat(continuation(line, width));
  let wrapped = "";
  let row = "";
  let columns = 0;
  for (const word of line.match(/ *[^ ]+| +$/g) ?? []) {
    const taken = Bun.stringWidth(word);
    if (columns + taken <= width || columns === 0) {
      row += word;
      columns += taken;
    } else {
      wrapped += `${row}\n`;
      row = indent + word.trimStart();
      columns = Bun.stringWidth(row);
    }
    while (columns > width) {
      const [head, rest] = splitAt(row, width);
      wrapped += `${head}\n`;
      row = indent + rest;
      columns = Bun.stringWidth(row);
    }
  }
  return wrapped + row;
}

/** The first columns of a row, and the others. */
function splitAt(row: string, width: number): readonly [string, string] {
  let columns = 0;
  let end = 0;
  for (const [part] of row.matchAll(unit)) {
    const taken = Bun.stringWidth(part);
    if (columns + taken > width) break;
    columns += taken;
    end += part.length;
  }
  return [row.slice(0, end), row.slice(end)];
}

/** The column in which a line goes on. */
function continuation(line: string, width: number): number {
  const plain = Bun.stripANSI(line);
  const [indent = ""] = /^ */.exec(plain) ?? [];
  const [gap] = [...plain.slice(indent.length).matchAll(/\S {2,}(?=\S)/g)].slice(-1);
  const column = gap === undefined ? 0 : indent.length + gap.index + gap[0].length;
  if (column > 0 && column <= width / 2) return column;
  const marker = /^ *[-*] /.exec(plain)?.[0].length;
  return Math.min(marker ?? indent.length + hanging, Math.floor(width / 2));
}
