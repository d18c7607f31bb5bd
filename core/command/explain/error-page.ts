/** The entries of docs/errors.md, which the executable carries. */
import page from "../../../docs/errors.md" with { type: "text" };

/** What the page says about one error. */
export interface ErrorEntry {
  /** As errors end in it, e.g. `BPF_LOAD`. */
  readonly code: string;
  /** Heading of its group, e.g. `BPF programs: exit status 1`. */
  readonly group: string;
  /** Paragraphs, each on one line, backticks left out. */
  readonly paragraphs: readonly string[];
}

/** All entries in the order of the page. */
export const errorEntries: readonly ErrorEntry[] = page.split(/^## /m).slice(1).flatMap(readGroup);

function readGroup(text: string): readonly ErrorEntry[] {
  const [title = "", ...entries] = text.split(/^### /m);
  const group = title.split("\n", 1)[0]!;
  return entries.map((entry) => {
    const [heading = "", ...lines] = entry.split("\n");
    const paragraphs = lines
      .join("\n")
      .trim()
      .split(/\n{2,}/);
    return { code: heading.replaceAll("`", ""), group, paragraphs: paragraphs.map(plainText) };
  });
}

function plainText(paragraph: string): string {
  return paragraph.replaceAll("`", "").replaceAll(/\s*\n\s*/g, " ");
}
