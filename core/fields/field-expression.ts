/** Fields of a probe as they were written: what `field-parser.ts` makes and `field-resolver.ts` gives a meaning to. */
import type { Span } from "../base/expression-text.ts";

export type FieldExpression = Span &
  (
    | { readonly kind: "name"; readonly name: string }
    /** `of.name` */
    | { readonly kind: "member"; readonly of: FieldExpression; readonly name: string; readonly nameAt: Span }
    /** `of[index]` */
    | { readonly kind: "element"; readonly of: FieldExpression; readonly index: number }
    /** `name(of)`: a struct that a pointer leads to, an enum that names a number, or a way to show it. */
    | { readonly kind: "call"; readonly of: FieldExpression; readonly name: string; readonly nameAt: Span }
  );

export interface WrittenField {
  /** After `as`, else the last name of the expression. */
  readonly name: string;
  readonly expression: FieldExpression;
}
