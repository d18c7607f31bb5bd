/** Words as a shell has them on its line, quotes and all, and candidates as it wants them. */

/** The shells whose scripts say that they are calling; what each of them gives and wants differs. */
export type CompletingShell = "bash" | "zsh" | "fish";

type Quote = "" | "'" | '"';

/** A word without its quotes. */
export interface ShellWord {
  readonly text: string;
  /** The quote that is still open at its end. */
  readonly open: Quote;
  /** Where in `text` bash replaces from: after the open quote, else after the last of its word breaks that is not quoted. */
  readonly replaced: number;
}

/** COMP_WORDBREAKS, of what can be in a word. */
const wordBreaks = "=:;|&(<>";

/** Takes the quotes off a word; the last one may be open. */
export function unquoted(raw: string): ShellWord {
  let text = "";
  let open: Quote = "";
  let replaced = 0;
  for (let at = 0; at < raw.length; at++) {
    const char = raw[at]!;
    const next = raw[at + 1] ?? "";
    if (char === open) {
      open = "";
      replaced = text.length;
    } else if (open === "" && (char === "'" || char === '"')) {
      open = char;
      replaced = text.length;
    } else if (char === "\\" && (open === "" || (open === '"' && '$`"\\'.includes(next) && next !== ""))) {
      text += next;
      at++;
    } else {
      text += char;
      if (open === "" && wordBreaks.includes(char)) replaced = text.length;
    }
  }
  return { text, open, replaced };
}

/** The words of a line, up to the cursor; the last one may be in quotes that are still open. */
export function wordsOf(shell: CompletingShell, raw: readonly string[]): { readonly words: readonly string[]; readonly last: ShellWord } {
  const last = unquoted(raw.at(-1) ?? "");
  // fish takes the quotes off all but the word at the cursor.
  const before = raw.slice(0, -1).map((word) => (shell === "fish" ? word : unquoted(word).text));
  return { words: [...before, last.text], last };
}

/**
 * Candidates as bash puts them on the line: it replaces only the end of a word, as it is given, and closes a quote after
 * the only candidate; so where more can follow, there is another one.
 */
export function bashCandidates(values: readonly string[], { open, replaced, text }: ShellWord, continues: boolean): readonly string[] {
  // A comma in braces makes two words.
  const special = text.includes("{") ? /[^\w@%+=:./{}[\]~^-]/g : /[^\w@%+=:,./{}[\]~^-]/g;
  const fitting = values.map((value) => quotedFor(open, value.slice(replaced), special)).filter((value) => value !== undefined);
  const [only, ...others] = fitting;
  return only !== undefined && others.length === 0 && continues && open !== "" ? [only, `${only}...`] : fitting;
}

/** Candidates as zsh compares them with the word: without the brace, which it may take for the beginning of several words. */
export function zshCandidates(values: readonly string[], { open, text }: ShellWord): readonly string[] {
  return open === "" && text.includes("{") ? values.map((value) => value.replace("{", "")) : values;
}

/** Text as it is written within these quotes; undefined when it cannot be. @param special what needs a backslash without quotes */
function quotedFor(open: Quote, text: string, special: RegExp): string | undefined {
  switch (open) {
    case "'":
      return text.includes("'") ? undefined : text;
    case '"':
      return text.replace(/[$`"\\]/g, "\\$&");
    case "":
      return text.replace(special, "\\$&");
  }
}
