/** Where our own output goes. It is descriptor 1, except while code of third parties is in this process: that gets another one. */

let descriptor = 1;

/** The descriptor of this program's stdout. */
export function stdoutDescriptor(): number {
  return descriptor;
}

/** From now on our output goes to a copy of descriptor 1. */
export function setStdoutDescriptor(copy: number): void {
  descriptor = copy;
}

const ownPaths: readonly string[] = ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];

/** A path, or if it means our stdout, one that leads there. */
export function stdoutPath(path: string): string {
  return descriptor !== 1 && ownPaths.includes(path) ? `/proc/self/fd/${descriptor}` : path;
}
