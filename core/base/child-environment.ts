/** Environments of the programs that retis starts for itself. A command of the user, `--cmd`, has the user's own. */

export type Environment = Readonly<Record<string, string | undefined>>;

/** Directories of administrators' programs; the caller's PATH may lead elsewhere. */
const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin";

/**
 * For programs that run unseen: where they find others, and nothing of the caller's. No file can be made in this home, where nft
 * would otherwise write its history and a link may lead anywhere.
 */
export const cleanEnvironment: Environment = { PATH: path, HOME: "/dev/null", LC_ALL: "C" };

/** What programs on a terminal have to know of it and of its user. */
const terminalNames = /^(TERM|COLORTERM|LINES|COLUMNS|LANG|LANGUAGE|LC_[A-Z]+)$/;

/** For a pager with privileges: it knows the terminal, and less neither starts programs nor opens or writes other files. */
export function securePagerEnvironment(environment: Environment): Environment {
  const terminal = Object.entries(environment).filter(([name]) => terminalNames.test(name));
  return { ...Object.fromEntries(terminal), PATH: path, HOME: "/dev/null", LESSSECURE: "1", LESSHISTFILE: "-" };
}
