/** Sorts files as the command does, for tests. */
import type { Event } from "../../api/event.ts";
import { openEventFile } from "../../file/reader.ts";
import { EventFileWriter, type FileForm } from "../../file/writer.ts";
import { InputIndexer, type IndexOptions } from "../index-inputs.ts";
import { SeriesReader } from "../series-reader.ts";
import { SeriesBytes } from "../series-bytes.ts";

export interface Sorted {
  /** As they are shown. */
  readonly series: readonly (readonly Event[])[];
  /** As they were written to a file and read again. */
  readonly written: readonly (readonly Event[])[];
  readonly indexer: InputIndexer;
  /** What was found damaged in the inputs, and in the file that was written. */
  readonly readErrors: readonly string[];
}

interface Options extends Partial<IndexOptions> {
  readonly form?: FileForm;
  readonly zstd?: boolean;
  readonly follow?: boolean;
}

/** Sorts inputs, writes the series to `output` too. */
export function sortFiles(paths: readonly string[], output: string, options: Options = {}): Sorted {
  const { form = "cbor", zstd = false, follow = false, limit = 1000, conditions = [], sections = [] } = options;
  const filter = options.filter ?? { marks: 0, untracked: true, matches: () => true };
  const readers = paths.map((path) => openEventFile(path, { follow }));
  const indexer = new InputIndexer(readers as never, { filter, conditions, limit, sections });
  for (const reader of readers) for (const _piece of indexer.read(reader));
  while (!indexer.index.group(7));
  const writer = new EventFileWriter({ path: output, form, zstd, header: () => indexer.header, series: true });
  const bytes = new SeriesBytes(form, writer);
  const reader = new SeriesReader(indexer);
  const shown: (readonly Event[])[] = [];
  for (let parts = reader.next(); parts !== undefined; parts = reader.next()) {
    for (const part of parts) {
      bytes.write(reader, part);
      shown.push(reader.readPart(part));
    }
  }
  bytes.flush();
  writer.close();
  indexer.close();
  const again = openEventFile(output);
  const written: (readonly Event[])[] = [];
  for (let batch = again.readSeriesBatch(); batch !== undefined; batch = again.readSeriesBatch()) written.push(...batch);
  const readErrors = [...readers, again].flatMap((reader) => reader.readErrors.map(({ message }) => message));
  return { series: shown, written: written.slice(1), indexer, readErrors };
}
