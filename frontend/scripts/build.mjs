// Makes the page beside the one that is given out, and puts it in its place file by file: the page
// itself last. Whoever loads it meanwhile gets the old one or the new one, and neither in parts.
import { mkdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { checkBudget } from "./budget.mjs";
import { compress } from "./compress.mjs";
import { publish } from "./publish.mjs";
import { writeWorker } from "./worker.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const place = `${root}dist/`;
/** On the same disk, so that files can be moved, and never given out: its name begins with a dot. */
const beside = `${place}.next-${process.pid}/`;

mkdirSync(place, { recursive: true });
try {
  await build({ root, logLevel: "warn", build: { outDir: beside, emptyOutDir: true } });
  checkBudget(beside);
  writeWorker(beside);
  compress(beside);
  publish(beside, place);
} finally {
  rmSync(beside, { recursive: true, force: true });
}
