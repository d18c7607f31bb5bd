/** The trial's child without the rest of the program, which takes longer to start from its sources. */
import { describeForParent } from "../trial-child.ts";

const args = process.argv.slice(2);
process.exitCode = await (args[0] === "--setup" ? describeForParent(args.slice(2), args[1]) : describeForParent(args));
