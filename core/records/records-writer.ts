import { encodeItem } from "../cbor/encode-item.ts";
import { major, writeHead } from "../cbor/writer.ts";
import { OutputFile } from "../file/output-file.ts";
import { maxFileBytes, type RecordedAnswer, type RecordsHeader } from "./records-format.ts";

const bufferBytes = 1 << 18;
/** Bytes of the head of a byte string at most. */
const headBytes = 9;

/** Writes a file of raw records, for its owner alone. */
export class RecordsWriter {
  readonly #file: OutputFile;
  readonly #buffer = new Uint8Array(bufferBytes);
  /** Where items in the buffer end, so that a failed write leaves whole items. */
  #ends: number[] = [];
  #used = 0;
  #bytes = 0;
  #records = 0;
  #refused = 0;

  /**
   * @param limit bytes; records beyond it are counted instead of written
   * @throws TraceError `FILE_WRITE`, `FILE_IN_USE`, `UNSAFE_OUTPUT`
   */
  constructor(
    path: string,
    header: RecordsHeader,
    private readonly limit = maxFileBytes,
  ) {
    this.#file = new OutputFile(path);
    this.#add(encodeItem(header));
  }

  get path(): string {
    return this.#file.path;
  }

  /** Records in the file. */
  get records(): number {
    return this.#records;
  }

  /** Records that were not written, as the file was full. */
  get refused(): number {
    return this.#refused;
  }

  /** @throws TraceError `FILE_WRITE` */
  record(bytes: Uint8Array): void {
    if (this.#bytes + bytes.length + headBytes > this.limit) {
      this.#refused++;
      return;
    }
    if (this.#used + headBytes + bytes.length > this.#buffer.length) this.flush();
    const after = writeHead(this.#buffer, this.#used, major.bytes, bytes.length);
    this.#buffer.set(bytes, after);
    this.#took(after + bytes.length);
    this.#records++;
  }

  /** @throws TraceError `FILE_WRITE` */
  answer(answer: RecordedAnswer): void {
    const item = encodeItem(answer);
    if (this.#bytes + item.length <= this.limit) this.#add(item);
  }

  /** @throws TraceError `FILE_WRITE` */
  flush(): void {
    const [used, ends] = [this.#used, this.#ends];
    [this.#used, this.#ends] = [0, []];
    if (used > 0) this.#write(this.#buffer, used, ends);
  }

  /** @throws TraceError `FILE_WRITE` */
  close(): void {
    try {
      this.flush();
    } finally {
      this.#file.close();
    }
  }

  #add(item: Uint8Array): void {
    if (this.#used + item.length > this.#buffer.length) this.flush();
    if (item.length > this.#buffer.length) {
      this.#bytes += item.length;
      this.#write(item, item.length, []);
      return;
    }
    this.#buffer.set(item, this.#used);
    this.#took(this.#used + item.length);
  }

  #took(end: number): void {
    this.#bytes += end - this.#used;
    this.#used = end;
    this.#ends.push(end);
  }

  #write(bytes: Uint8Array, length: number, ends: readonly number[]): void {
    this.#file.write(bytes, 0, length, (_, start, written) => ends.findLast((end) => end <= written) ?? start);
  }
}
