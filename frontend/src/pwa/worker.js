/* global self, caches, fetch, Request, Response */
// Lets the page open where there is no network. What the gateway answers is never kept: only the
// page's own files are, and the page itself comes from the network whenever there is one.

/** Filled in when the page is built (scripts/worker.mjs). */
const SHELL = "@SHELL@";
const CACHE = "polydub-@VERSION@";
const PAGE = "/";
/** First steps of paths that are the gateway's. */
const API = "@API@";

self.addEventListener("install", (event) => {
  const fresh = SHELL.map((path) => new Request(path, { cache: "reload" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(fresh)));
  // The gateway's calls go past this worker where browsers know how: what a page still says while
  // it goes away is lost on its way through here.
  const calls = { condition: { urlPattern: { pathname: "/v1/*" } }, source: "network" };
  if (event.addRoutes) event.waitUntil(event.addRoutes(calls));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOthers().then(() => self.clients.claim()));
});

async function dropOthers() {
  const names = await caches.keys();
  const others = names.filter((name) => name.startsWith("polydub-") && name !== CACHE);
  await Promise.all(others.map((name) => caches.delete(name)));
}

self.addEventListener("message", ({ data, ports: [port] }) => {
  if (data.ask === "isYours") port.postMessage(SHELL.includes(data.script));
  if (data.ask === "takeOver") void self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  const isApi = API.includes(pathname.split("/")[1]);
  if (request.method !== "GET" || origin !== self.location.origin || isApi) return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (pathname.startsWith("/assets/") || SHELL.includes(pathname)) {
    event.respondWith(file(request, pathname));
  }
});

async function page(request) {
  try {
    return await fetch(request);
  } catch {
    return (await kept(PAGE)) ?? Response.error();
  }
}

/** A file of the page. Those with a hash in their name never change, so they are kept. */
async function file(request, pathname) {
  const found = await kept(pathname);
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok && pathname.startsWith("/assets/")) {
    const cache = await caches.open(CACHE);
    await cache.put(pathname, answer.clone());
  }
  return answer;
}

async function kept(pathname) {
  const cache = await caches.open(CACHE);
  return cache.match(pathname, { ignoreVary: true });
}
