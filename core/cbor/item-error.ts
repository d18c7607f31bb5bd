/** An item cannot be read: `"incomplete"` when it goes on after the bytes at hand, `"malformed"` when it breaks the format. */
export class ItemError extends Error {
  constructor(
    readonly kind: "incomplete" | "malformed",
    message: string,
  ) {
    super(message);
  }
}

/** Made once: an incomplete item is met at the end of every chunk. */
export const endOfBytes = new ItemError("incomplete", "the item is cut short");

/** Error for a head whose argument is none: its low five bits are 28 to 31 (RFC 8949 section 3). */
export function noArgument(information: number): ItemError {
  return new ItemError("malformed", information === 31 ? "a length is indefinite" : "a head is reserved");
}
