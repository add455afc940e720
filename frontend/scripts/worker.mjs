import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const WORKER = new URL("../src/pwa/worker.js", import.meta.url);
/** First steps of paths that are the gateway's, never the page's. */
const API = ["v1", ".well-known", "docs", "redoc", "openapi.json", "healthz", "readyz", "metrics"];
const PLAIN = ["favicon.svg", "first-look.js", "manifest.webmanifest"];
const ALWAYS = /messages\/\w+\/(common|problems)\.json$/;

/**
 * Writes the service worker into a built page, with the list of what it keeps: the page, every
 * route, and the words that all routes and every refusal need, in all languages.
 */
export function writeWorker(folder) {
  const files = keptFiles(folder);
  const hash = createHash("sha256").update(readFileSync(WORKER));
  for (const file of ["index.html", ...files]) hash.update(file).update(readFileSync(folder + file));
  const script = readFileSync(WORKER, "utf8")
    .replace('"@SHELL@"', JSON.stringify(["/", ...files.map((file) => `/${file}`)]))
    .replace('"@API@"', JSON.stringify(API))
    .replace("@VERSION@", hash.digest("hex").slice(0, 12));
  writeFileSync(`${folder}sw.js`, script);
}

function keptFiles(folder) {
  const manifest = JSON.parse(readFileSync(`${folder}.vite/manifest.json`, "utf8"));
  const wanted = Object.entries(manifest)
    .filter(([key, part]) => part.isEntry || /Page$/.test(part.name ?? "") || ALWAYS.test(key))
    .flatMap(([key]) => filesOf(manifest, key));
  const icons = readdirSync(`${folder}icons`).map((name) => `icons/${name}`);
  return [...new Set([...wanted, ...PLAIN, ...icons])].sort();
}

/** A part's files, with those of all that it imports at once. */
function filesOf(manifest, key, seen = new Set()) {
  if (seen.has(key)) return [];
  seen.add(key);
  const { file, css = [], imports = [] } = manifest[key];
  return [file, ...css, ...imports.flatMap((each) => filesOf(manifest, each, seen))];
}
