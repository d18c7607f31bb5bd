/** The trial's child without the rest of the program, which takes longer to start from its sources. */
import { describeForParent } from "../trial-child.ts";

process.exitCode = await describeForParent(process.argv.slice(2));
