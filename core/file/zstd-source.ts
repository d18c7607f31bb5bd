import type { ByteSource } from "./byte-source.ts";
import { ZstdFrameWatch } from "./zstd-frame-watch.ts";

/** First bytes of a zstd frame (RFC 8878 section 3.1.1). */
export const zstdMagic: Uint8Array = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd);

const inputSize = 128 * 1024;

/**
 * The native decompressor under node:zlib's streams. Neither Bun nor node:zlib has a public interface that decompresses
 * piece by piece and synchronously, which bounded memory needs for frames of any size; this one is what their own
 * synchronous functions use. The Bun version is pinned and zstd-source.test.ts holds the behaviour.
 */
interface ZstdHandle {
  writeSync(
    flush: number,
    input: Uint8Array,
    inputAt: number,
    inputLeft: number,
    output: Uint8Array,
    outputAt: number,
    outputLeft: number,
  ): void;
  onerror: (message: string) => void;
}

interface ZstdStream {
  readonly _handle: ZstdHandle;
  /** After a write: bytes left free in the output, bytes left unread in the input. */
  readonly _writeState: Uint32Array;
  close(): void;
}

/** Decompresses a source of zstd frames; gives what could be decompressed before damage or a cut. */
export class ZstdSource implements ByteSource {
  damage: string | undefined;
  readonly #source: ByteSource;
  // Loaded only now: it takes 5 ms, and most files are not compressed.
  readonly #zlib = process.getBuiltinModule("node:zlib");
  readonly #stream = this.#zlib.createZstdDecompress() as unknown as ZstdStream;
  readonly #input = new Uint8Array(inputSize);
  /** Input read and not yet decompressed. */
  #at = 0;
  #end = 0;
  /** Input up to here may be decompressed in one go: a damaged block then costs no output but its own. */
  #blockEnd = 0;
  #sourceEnded = false;
  readonly #frames = new ZstdFrameWatch();

  constructor(source: ByteSource) {
    this.#source = source;
    this.#stream._handle.onerror = (message) => {
      this.damage = `the compressed data is damaged: ${message}`;
    };
  }

  read(target: Uint8Array): number {
    while (this.damage === undefined) {
      if (this.#at === this.#blockEnd) this.#nextBlock();
      const written = this.#decompress(target);
      if (written > 0) return written;
      if (this.#sourceEnded && this.#at === this.#end) {
        if (this.#frames.open) this.damage = "the compressed data is cut short";
        return 0;
      }
    }
    return 0;
  }

  close(): void {
    this.#stream.close();
    this.#source.close();
  }

  #nextBlock(): void {
    if (this.#at === this.#end) this.#refill();
    this.#blockEnd = this.#frames.follow(this.#input, this.#at, this.#end);
  }

  #refill(): void {
    if (this.#sourceEnded) return;
    this.#at = 0;
    this.#end = this.#source.read(this.#input);
    this.#sourceEnded = this.#end === 0;
  }

  #decompress(target: Uint8Array): number {
    const { ZSTD_e_continue } = this.#zlib.constants;
    const left = this.#blockEnd - this.#at;
    this.#stream._handle.writeSync(ZSTD_e_continue, this.#input, this.#at, left, target, 0, target.length);
    if (this.damage !== undefined) return 0;
    const [free = 0, unread = 0] = this.#stream._writeState;
    this.#at += left - unread;
    return target.length - free;
  }
}
