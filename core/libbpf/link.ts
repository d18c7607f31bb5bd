/** An attached program; `close` detaches it. */
export interface Link {
  close(): void;
}
