/** The string and template literals of TypeScript source, without those in comments and regular expressions. */

export interface StringLiteral {
  /** From 1. */
  readonly line: number;
  /** As written, without the quotes; `${…}` of templates stays. */
  readonly text: string;
}

const comment = String.raw`\/\/[^\n]*|\/\*[\s\S]*?\*\/`;
const quoted = String.raw`"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'`;
/** Where an operand is expected, a slash begins a regular expression. */
const regex = String.raw`(?<=(?:[=(,:[!&|?{};+]|=>|\breturn)\s*)\/(?:[^\/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*`;
const token = new RegExp(`(${comment})|(${quoted})|(${regex})|\``, "g");

/** Finds the literals; templates within templates are part of the outer one. */
export function stringLiterals(source: string): readonly StringLiteral[] {
  const found: StringLiteral[] = [];
  const scan = new RegExp(token);
  for (let match = scan.exec(source); match; match = scan.exec(source)) {
    const end = match[0] === "`" ? templateEnd(source, match.index + 1) : scan.lastIndex;
    scan.lastIndex = end;
    if (match[1] !== undefined || match[3] !== undefined) continue;
    const line = source.slice(0, match.index).split("\n").length;
    found.push({ line, text: source.slice(match.index + 1, end - 1) });
  }
  return found;
}

/** Position after the backtick that closes the template whose text begins at `at`. */
function templateEnd(source: string, at: number): number {
  for (let position = at; position < source.length; position++) {
    if (source[position] === "\\") position++;
    else if (source[position] === "`") return position + 1;
    else if (source.startsWith("${", position)) position = substitutionEnd(source, position + 2) - 1;
  }
  return source.length;
}

/** Position after the brace that closes a substitution. */
function substitutionEnd(source: string, at: number): number {
  let depth = 1;
  for (let position = at; position < source.length; position++) {
    const character = source[position];
    if (character === "`") position = templateEnd(source, position + 1) - 1;
    else if (character === '"' || character === "'") position = source.indexOf(character, position + 1);
    else if (character === "{") depth++;
    else if (character === "}" && --depth === 0) return position + 1;
  }
  return source.length;
}
