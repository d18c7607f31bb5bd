/** The text of a flow's id as Open vSwitch shows it and takes it: 8-4-4-4-12 hexadecimal digits. */
export function ufidText(words: readonly (number | bigint)[] = []): string {
  const digits = [0, 1, 2, 3].map((word) => (words[word] ?? 0).toString(16).padStart(8, "0")).join("");
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join("-");
}
