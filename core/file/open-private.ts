/**
 * Opens files that hold packet contents. Only their owner may read those that are made. Another user may have prepared the
 * name, or one of the directories on the way to it: as a link that leads to a file of ours, or as a file or directory that
 * stays theirs. The kernel refuses a part of that, with `fs.protected_symlinks`, `fs.protected_regular` and
 * `fs.protected_fifos` (proc_sys_fs(5)). Refused here:
 *
 * 1. What belongs to another user in a directory where everybody can make files, as in `/tmp`: files, directories, links.
 * 2. With privileges: links of another user wherever they are, and files with several names in a directory of another user.
 *
 * Root is not another user, nor is who called sudo: that user may name any path, so a link adds nothing. Directories of others
 * are fine where nobody else could have put them, e.g. somebody's home directory or what is mounted into a container.
 *
 * The path is walked from one open directory to the next, so what was checked is what is opened.
 */
import { closeSync, constants, fstatSync, type Stats, statSync } from "node:fs";
import { dirname } from "node:path";
import { unsafeOutput } from "../base/errors.ts";
import { fileUserId, isPrivileged } from "../base/privilege.ts";
import { AT_FDCWD, O_PATH, openAt, readLinkOf, systemError } from "../libbpf/open-at.ts";

const { O_CREAT, O_DIRECTORY, O_NOFOLLOW, O_WRONLY } = constants;
const stickyOrWritableByAll = 0o1002;
const privateMode = 0o600;
/** As many as the kernel follows (MAXSYMLINKS, include/linux/namei.h). */
const maxLinks = 40;

/**
 * Opens a file for writing, and creates it when it is not there; what is in it stays.
 *
 * @param flags further flags of open(2), e.g. `O_NONBLOCK`
 * @returns the descriptor
 * @throws TraceError `UNSAFE_OUTPUT`, and the system errors of opening
 */
export function openPrivate(path: string, flags = 0): number {
  const walk = new PathWalk(path);
  try {
    return walk.open(flags | O_WRONLY);
  } finally {
    walk.close();
  }
}

/** The way to a file: a directory that is open, and the names that are left. */
class PathWalk {
  readonly #named: string;
  #names: string[] = [];
  /** The directory that was reached, and its path for messages. */
  #directory = -1;
  #path = "";
  #links = maxLinks;

  constructor(path: string) {
    this.#named = path;
    this.#enterPath(path);
  }

  open(flags: number): number {
    for (;;) {
      const name = this.#names.shift() ?? "";
      const opened = this.#names.length === 0 ? this.#openFile(name, flags) : this.#enter(name);
      if (opened !== undefined) return opened;
    }
  }

  close(): void {
    if (this.#directory >= 0) closeSync(this.#directory);
    this.#directory = -1;
  }

  /** Begins with a path, of which the names that are left follow. */
  #enterPath(path: string): void {
    if (path.startsWith("/")) this.#goTo(openAt(AT_FDCWD, "/", O_PATH | O_DIRECTORY), "/");
    else if (this.#directory < 0) this.#goTo(openAt(AT_FDCWD, ".", O_PATH | O_DIRECTORY), "");
    // A slash at the end requires a directory, which cannot be written.
    const names = path.split("/").filter((name) => name !== "");
    this.#names.unshift(...names, ...(path.endsWith("/") ? ["."] : []));
  }

  #goTo(directory: number, path: string): void {
    this.close();
    this.#directory = directory;
    this.#path = path;
  }

  /** Goes to a directory, or to where a link leads. */
  #enter(name: string): undefined {
    const opened = openAt(this.#directory, name, O_PATH | O_NOFOLLOW);
    let isDirectory = false;
    try {
      const stats = this.#checked(opened, name);
      isDirectory = stats.isDirectory();
      if (stats.isSymbolicLink()) this.#follow(opened, name);
      else if (!isDirectory) throw systemError("ENOTDIR", "open", name);
    } finally {
      if (!isDirectory) closeSync(opened);
    }
    if (isDirectory) this.#goTo(opened, this.#pathOf(name));
  }

  #openFile(name: string, flags: number): number | undefined {
    let opened: number;
    try {
      opened = openAt(this.#directory, name, flags | O_CREAT | O_NOFOLLOW, privateMode);
    } catch (error) {
      return this.#openLinked(name, flags, error);
    }
    try {
      this.#checked(opened, name);
      return opened;
    } catch (error) {
      closeSync(opened);
      throw error;
    }
  }

  /** Follows a link, for which the kernel has one of several errors. @param error of opening, thrown when it is something else */
  #openLinked(name: string, flags: number, error: unknown): number | undefined {
    let link: number;
    try {
      link = openAt(this.#directory, name, O_PATH | O_NOFOLLOW);
    } catch {
      throw error;
    }
    try {
      const stats = this.#checked(link, name);
      if (!stats.isSymbolicLink()) throw error;
      // What is open may have no other name: a pipe, a file that was removed.
      if (isProcLink(stats)) return openAt(this.#directory, name, flags);
      return this.#follow(link, name);
    } finally {
      closeSync(link);
    }
  }

  #follow(link: number, name: string): undefined {
    if (this.#links-- === 0) throw systemError("ELOOP", "open", name);
    if (isProcLink(fstatSync(link))) this.#goTo(openAt(this.#directory, name, O_PATH | O_DIRECTORY), this.#pathOf(name));
    else this.#enterPath(readLinkOf(link));
  }

  /** @throws TraceError `UNSAFE_OUTPUT` by the rules above */
  #checked(opened: number, name: string): Stats {
    const stats = fstatSync(opened);
    const parent = fstatSync(this.#directory);
    const path = this.#pathOf(name);
    if (isOther(stats.uid)) {
      if ((parent.mode & stickyOrWritableByAll) !== 0) {
        throw unsafeOutput(this.#named, `${path} belongs to uid ${stats.uid}, and others can make files in ${dirname(path)}`);
      }
      if (stats.isSymbolicLink() && !isProcLink(stats) && isPrivileged()) {
        throw unsafeOutput(this.#named, `${path} is a symbolic link of uid ${stats.uid}, which that user can make lead anywhere`);
      }
    } else if (stats.isFile() && stats.nlink > 1 && isOther(parent.uid) && isPrivileged()) {
      throw unsafeOutput(this.#named, `${path} has other names (hard links), and uid ${parent.uid} can make them`);
    }
    return stats;
  }

  #pathOf(name: string): string {
    return this.#path === "" || this.#path.endsWith("/") ? this.#path + name : `${this.#path}/${name}`;
  }
}

/** Whether a link is one of /proc/PID/fd, which `/dev/stdout` leads to. */
function isProcLink({ dev }: Stats): boolean {
  return statSync("/proc", { throwIfNoEntry: false })?.dev === dev;
}

function isOther(uid: number): boolean {
  return uid !== 0 && uid !== fileUserId() && uid !== sudoUserId();
}

/** Who called sudo (sudo(8)); others than root could have set that themselves. */
function sudoUserId(): number | undefined {
  const { SUDO_UID } = process.env;
  return process.geteuid?.() === 0 && SUDO_UID !== undefined && /^\d+$/.test(SUDO_UID) ? Number(SUDO_UID) : undefined;
}
