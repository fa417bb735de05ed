// Sends a file by tus-js-client and tells how far it is, one JSON object a line; the last has the address.
//
//     node upload.mjs FILE ENDPOINT TOKEN PARALLEL
//
// A chunk is a megabyte, and there is a pause behind each, so that somebody can interfere.

import { createReadStream, statSync } from "node:fs";
import { basename } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import tus from "tus-js-client";

const [file, endpoint, token, parallel] = process.argv.slice(2);
const tell = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

const upload = new tus.Upload(createReadStream(file), {
  endpoint,
  headers: { Authorization: `Bearer ${token}` },
  metadata: { filename: basename(file) },
  chunkSize: 2 ** 20,
  uploadSize: parallel === "1" ? statSync(file).size : undefined,
  parallelUploads: Number(parallel),
  retryDelays: Array(120).fill(500),
  onAfterResponse: () => pause(30),
  onShouldRetry: (error) => {
    tell({ trouble: error.originalResponse?.getStatus() ?? "no answer" });
    return true;
  },
  onProgress: (sent, size) => tell({ sent, size }),
  onError: (error) => {
    tell({ error: String(error) });
    process.exitCode = 1;
  },
  onSuccess: () => tell({ url: upload.url }),
});

upload.start();
