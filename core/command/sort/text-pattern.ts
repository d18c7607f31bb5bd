/** Matches one of the texts as a whole; in them `*` matches any run of characters. */
export function anyOf(texts: readonly string[], flags = ""): RegExp {
  const sources = texts.map((text) => text.split("*").map(RegExp.escape).join(".*"));
  return new RegExp(`^(?:${sources.join("|")})$`, `s${flags}`);
}
