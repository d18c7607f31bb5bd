/** An attached program; `close` detaches it. */
export interface Link {
  close(): void;
  /** Hits so far that the kernel could not show to the program; absent where it does not report them. */
  missed?(): number;
}
