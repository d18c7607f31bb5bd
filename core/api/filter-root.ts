/** What expressions of `-m` can begin with, beside `sk_buff`. */

/** Where a struct of the kernel is found at a probe. */
export interface FilterRoot {
  /** Exact types of arguments that point to one; the first such argument of the probe is taken. */
  readonly arguments?: readonly string[];
  /**
   * Where a pointer to one is when the probe has no such argument, or it is NULL: members that begin at `sk_buff`, as `-m` has them,
   * `sk_buff._nfct:~0x7`. Tried in this order; what this kernel does not have is left out.
   */
  readonly from?: readonly string[];
}
