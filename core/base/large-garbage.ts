/** From so many bytes on, an item of a file leaves garbage of some size, e.g. an object with thousands of keys. */
const large = 64 * 1024;
const mostBetween = 4 * 1024 * 1024;

let noted = 0;

/**
 * Call it before something large is made of `bytes` bytes of a file. The engine collects garbage when the heap has doubled, which
 * is many times what one item takes: large items in a row would take several hundred MiB.
 */
export function noteLargeItem(bytes: number): void {
  if (bytes < large) return;
  noted += bytes;
  if (noted < mostBetween) return;
  noted = 0;
  Bun.gc(true);
}
