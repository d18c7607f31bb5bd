/**
 * Finds where libpcap stopped in an expression. Its messages name no position, so beginnings of the expression are
 * compiled again, longer and longer, until one shows the same fault.
 */

/** The fault of a text, or undefined when it compiles. */
export type FaultOf = (text: string) => string | undefined;

export interface ErrorPosition {
  /** Characters before it. */
  readonly offset: number;
  readonly word: string;
}

/** How an expression that is right so far may go on; a beginning that none of them completes has a wrong last word. */
const completions = [
  "",
  "tcp",
  "0",
  "10.0.0.1",
  "1::1",
  "1:2:3:4:5:6",
  "port 1",
  "host 10.0.0.1",
  "net 10.0.0.0/8",
  "proto 6",
  "= 0",
  "0 = 0",
  "0] = 0",
  "] = 0",
  "] = 1",
  ":1] = 0",
  "1] = 0",
  "mask 255.0.0.0",
  "/ 1 = 0",
  "multicast",
  "1-2",
  "port 1-2",
];
const syntaxError = /syntax error/;
const wordPattern = /[\w.:-]+|[<>=!&|]+|\S/g;

function words(expression: string): readonly ErrorPosition[] {
  return [...expression.matchAll(wordPattern)].map((match) => ({ offset: match.index, word: match[0] }));
}

function closing(text: string): string {
  const open = text.split("(").length - text.split(")").length;
  return ")".repeat(Math.max(0, open));
}

/** Whether some continuation of the text has no syntax error; other faults are found after the grammar has agreed. */
function canGoOn(text: string, faultOf: FaultOf): boolean {
  return completions.some((completion) => !syntaxError.test(faultOf(`${text} ${completion}${closing(text + completion)}`) ?? ""));
}

/**
 * The first word at which the expression is wrong. Undefined when it is complete up to its end and something is missing
 * there, or when the position is unknown.
 */
export function locateError(expression: string, message: string, faultOf: FaultOf): ErrorPosition | undefined {
  const quoted = /['"]([^'"]+)['"]/.exec(message)?.[1];
  const named = quoted === undefined ? -1 : expression.indexOf(quoted);
  if (quoted !== undefined && named >= 0) return { offset: named, word: quoted };
  const beginnings = words(expression).map((position) => ({ position, text: expression.slice(0, position.offset + position.word.length) }));
  if (syntaxError.test(message)) return beginnings.find(({ text }) => !canGoOn(text, faultOf))?.position;
  return beginnings.find(({ text }) => faultOf(text) === message)?.position;
}
