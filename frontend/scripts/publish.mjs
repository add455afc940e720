import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** What builds before the last one left may still be asked for by tabs that are open since. */
const KEPT_FOR_MS = 14 * 24 * 3600 * 1000;
const MANIFEST = ".vite/manifest.json";

/**
 * Moves a built page to its place: what is named by its content first, then what names it, the page
 * itself last. What the page before named stays for a while; the rest goes.
 */
export function publish(built, place, now = Date.now()) {
  const keep = new Set([...filesOf(built), ...named(place)]);
  for (const file of filesOf(built).sort((a, b) => rank(a) - rank(b))) {
    mkdirSync(dirname(join(place, file)), { recursive: true });
    renameSync(join(built, file), join(place, file));
  }
  for (const file of filesOf(place)) {
    const path = join(place, file);
    const isOld = now - statSync(path).mtimeMs > KEPT_FOR_MS;
    if (!keep.has(file) && (isOld || !file.startsWith("assets/"))) rmSync(path);
  }
}

function rank(file) {
  if (file.startsWith("assets/")) return 0;
  return file.startsWith("index.html") ? 2 : 1;
}

/** Every file of a folder, but what other builds are just making. */
function filesOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((file) => !file.startsWith(".next-"));
}

/** What the page before this one is made of. */
function named(place) {
  try {
    const parts = Object.values(JSON.parse(readFileSync(join(place, MANIFEST), "utf8")));
    const files = parts.flatMap((part) => [part.file, ...(part.css ?? []), ...(part.assets ?? [])]);
    return files.flatMap((file) => [file, `${file}.br`, `${file}.gz`]);
  } catch (error) {
    if (error.code === "ENOENT") return [];
    throw error;
  }
}
