/** How the names of packed collectors end. */
export const packedEnding = ".retis-collector";
