import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const BUDGET_BYTES = 250_000;

/**
 * Holds a built page to its budget: the first load of any route, which is the entry, what it
 * imports, and the route's own part with what that imports; compressed as it is sent.
 */
export function checkBudget(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, ".vite/manifest.json"), "utf8"));
  const keys = Object.keys(manifest);
  const entry = keys.find((key) => manifest[key].isEntry);
  const routes = keys.filter((key) => manifest[key].isDynamicEntry && /Page$/.test(manifest[key].name));
  const sizeOf = measure(folder);
  const loads = routes.map((route) => {
    const parts = withImports(manifest, route, withImports(manifest, entry));
    const bytes = [...parts].reduce((sum, key) => sum + sizeOf(manifest[key].file), 0);
    return { name: manifest[route].name, bytes };
  });
  const [most] = loads.toSorted((a, b) => b.bytes - a.bytes);
  if (!most) throw new Error("The build has no routes.");
  console.log(`The largest first load (${most.name}): ${most.bytes} of ${BUDGET_BYTES} bytes of script`);
  if (most.bytes > BUDGET_BYTES) {
    throw new Error("The first load is over its budget of script.");
  }
}

/** Sizes of files as they are sent, each found out once. */
function measure(folder) {
  const sizes = new Map();
  return (file) => {
    if (!sizes.has(file)) sizes.set(file, gzipSync(readFileSync(join(folder, file))).length);
    return sizes.get(file);
  };
}

/** A part and all that it imports at once. */
function withImports(manifest, key, found = new Set()) {
  if (found.has(key)) return found;
  found.add(key);
  for (const imported of manifest[key].imports ?? []) withImports(manifest, imported, found);
  return found;
}
