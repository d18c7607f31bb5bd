/** The composition root of the threads that format parts of a file: `startTextWorker` starts them. */
import { builtInCollectors } from "../collectors/index.ts";
import { coreSections } from "./event/core-sections.ts";
import { runTask, type WorkerTask } from "./parallel/worker-loop.ts";

declare const self: { onmessage: (event: { readonly data: WorkerTask }) => void; close?: () => void };

self.onmessage = ({ data }) => {
  runTask(data, [...coreSections, ...builtInCollectors.flatMap((collector) => collector.sections)]);
  process.exit();
};
