/** The profiles that are part of the executable. */
import drops from "./drops.yaml" with { type: "text" };
import generic from "./generic.yaml" with { type: "text" };
import ifdump from "./ifdump.yaml" with { type: "text" };

/** What is shown as the path of a shipped profile. */
export const shippedSource = "built in";

/** YAML texts, one or more profiles each. */
export const shippedTexts: readonly string[] = [drops, generic, ifdump];
