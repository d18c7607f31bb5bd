/**
 * The commands that a documentation page shows, in page order. A page writes commands in blocks fenced as `sh`, one a line (a line
 * that the shell finds incomplete goes on in the next), and files in blocks whose fence names one: "```yaml mine.yaml". A comment
 * before a command block says what the commands need; it is not shown to readers:
 *
 * - `<!-- test: needs kprobes nft-trace -->`: requirements of test/support/requirement.ts;
 * - `<!-- test: files docs/wireshark/retis.lua -->`: files of the repository that the reader has;
 * - `<!-- test: fails -->`: the commands fail, with the messages in the block after them, where `…` means any text;
 * - `<!-- test: not run: needs a package index -->`: why no test runs them.
 */

/** Where a step is written. */
interface Location {
  /** Path of the page in the repository. */
  readonly page: string;
  /** Line of the page, from 1. */
  readonly line: number;
}

export interface CommandStep extends Location {
  readonly kind: "command";
  /** What the shell gets. */
  readonly text: string;
  readonly needs: readonly string[];
  /** Files of the repository that must be in the working directory, under their path. */
  readonly files: readonly string[];
  /** What it prints on stderr as it fails, `…` for any text; undefined when it is to succeed. */
  readonly failsWith: string | undefined;
  /** Why it is not run; undefined when it is. */
  readonly notRun: string | undefined;
}

/** A file that the page shows and that the reader saves. */
export interface FileStep extends Location {
  readonly kind: "file";
  readonly name: string;
  readonly text: string;
}

export type Step = CommandStep | FileStep;

interface Marks extends Pick<CommandStep, "needs" | "files" | "notRun"> {
  readonly fails: boolean;
}

const unmarked: Marks = { needs: [], files: [], fails: false, notRun: undefined };
const fencePattern = /^```(\S*) ?(\S*)$/;
const markPattern = /^<!-- test: (.*) -->$/;

/** Steps of a page. Throws an Error that names the line for a mark without a meaning, or without a command block after it. */
export function stepsOf(page: string, markdown: string): readonly Step[] {
  const steps: Step[] = [];
  let marks: Marks | undefined;
  const blocks = [...blocksOf(markdown)];
  for (const [index, { line, language, name, lines }] of blocks.entries()) {
    if (language === "mark") {
      marks = withMark(marks ?? unmarked, name, `${page}:${line}`);
    } else if (language === "sh") {
      const found = commandsOf(lines).map(({ at, text }) => ({ page, line: line + at, text }));
      const { fails, ...kept } = marks ?? unmarked;
      const failsWith = fails ? messagesIn(blocks[index + 1], `${page}:${line}`) : undefined;
      steps.push(...found.map((command): CommandStep => ({ kind: "command", ...command, ...kept, failsWith })));
      marks = undefined;
    } else {
      if (marks) throw new Error(`${page}:${line}: no command block follows the mark`);
      if (name !== "" && language !== "diff") steps.push({ kind: "file", page, line, name, text: `${lines.join("\n")}\n` });
    }
  }
  if (marks) throw new Error(`${page}: no command block follows the last mark`);
  return steps;
}

/** Lines of a page, numbered from 1, that look like commands but are in no command block, so that nothing would run them. */
export function strayCommands(markdown: string): readonly number[] {
  const programs = /^(?: {4})?\$? ?(?:retis|npm|npx|tshark|python3|pip|make|scripts\/bun) [^|]*$/;
  let language: string | undefined;
  return markdown.split("\n").flatMap((line, index) => {
    const fence = fencePattern.exec(line);
    if (fence) {
      language = language === undefined ? fence[1]! : undefined;
      return [];
    }
    const isLiteral = language === "" || (language === undefined && line.startsWith("    "));
    return isLiteral && programs.test(line) ? [index + 1] : [];
  });
}

interface Block {
  /** Line of the block's first line after the fence, or of the mark. */
  readonly line: number;
  /** The word after the fence; "mark" for a mark, whose text is `name`. */
  readonly language: string;
  readonly name: string;
  readonly lines: readonly string[];
}

function* blocksOf(markdown: string): Generator<Block> {
  const lines = markdown.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const mark = markPattern.exec(lines[at]!);
    if (mark) yield { line: at + 1, language: "mark", name: mark[1]!, lines: [] };
    const fence = fencePattern.exec(lines[at]!);
    if (!fence) continue;
    const end = lines.indexOf("```", at + 1);
    if (end < 0) throw new Error(`line ${at + 1}: the block has no end`);
    yield { line: at + 2, language: fence[1]!, name: fence[2]!, lines: lines.slice(at + 1, end) };
    at = end;
  }
}

function messagesIn(block: Block | undefined, location: string): string {
  if (block?.language !== "") throw new Error(`${location}: no block with the messages of the failing command follows`);
  return `${block.lines.join("\n")}\n`;
}

function withMark(marks: Marks, text: string, location: string): Marks {
  if (text === "fails") return { ...marks, fails: true };
  const [, verb, rest = ""] = /^(needs|files|not run:) (.+)$/.exec(text) ?? [];
  switch (verb) {
    case "needs":
      return { ...marks, needs: [...marks.needs, ...rest.split(" ")] };
    case "files":
      return { ...marks, files: [...marks.files, ...rest.split(" ")] };
    case "not run:":
      return { ...marks, notRun: rest };
    default:
      throw new Error(`${location}: unknown mark "${text}": use needs, files, fails or not run:`);
  }
}

function commandsOf(lines: readonly string[]): readonly { readonly at: number; readonly text: string }[] {
  const commands: { at: number; text: string }[] = [];
  let begun: { at: number; text: string } | undefined;
  lines.forEach((line, at) => {
    if (begun) begun.text += `\n${line}`;
    else if (line.trim() === "" || line.startsWith("#")) return;
    else commands.push((begun = { at, text: line }));
    if (isComplete(begun.text)) begun = undefined;
  });
  if (begun) throw new Error(`the shell finds no end of: ${begun.text}`);
  return commands;
}

function isComplete(text: string): boolean {
  return !text.endsWith("\\") && Bun.spawnSync(["sh", "-n", "-c", text], { stderr: "ignore" }).exitCode === 0;
}
