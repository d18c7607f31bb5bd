/** Text of explanations: blocks of lines, separated by empty lines. */

/** Leaves empty blocks out; ends with a newline. */
export function blocksText(blocks: readonly (readonly string[])[]): string {
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join("\n"))
    .join("\n\n")}\n`;
}

/** A title and a line for each item; nothing where there are none. */
export function titled(title: string, items: readonly string[]): readonly string[] {
  return items.length === 0 ? [] : [title, ...items.map((item) => `  - ${item}`)];
}
