/* Pages seen before can be read without a network, and acknowledgements made then are sent later.

   Network first: a page from the cache is always marked with the time it was fetched, and the page
   itself says "Offline. As of …". Sign-out wipes what was kept (see homecare.js). */
"use strict";

importScripts("/static/queue.js");

const PAGES = "homecare-pages-1";
const PARTS = "homecare-parts-1";
const KEEP = /^\/(alerts(\/[A-Z0-9]+)?|residents(\/[a-z0-9-]+)?|devices|me)?$/;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(Promise.all([self.clients.claim(), tidy()])));

async function tidy() {
  for (const name of await caches.keys()) if (name !== PAGES && name !== PARTS) await caches.delete(name);
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith("/static/")) event.respondWith(part(request));
  else if (request.mode === "navigate" && KEEP.test(url.pathname)) event.respondWith(page(request));
});

async function part(request) {
  const kept = await caches.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok && new URL(request.url).search) (await caches.open(PARTS)).put(request, answer.clone());
  return answer;
}

async function page(request) {
  const cache = await caches.open(PAGES);
  try {
    const answer = await fetch(request);
    if (answer.ok && !answer.redirected) {
      const body = await answer.clone().arrayBuffer();
      const headers = new Headers(answer.headers);
      headers.set("x-fetched-at", String(Date.now()));
      await cache.put(request, new Response(body, { status: 200, headers }));
    }
    return answer;
  } catch (error) {
    const kept = (await cache.match(request)) || (await cache.match("/alerts"));
    if (!kept) throw error;
    return kept;
  }
}

self.addEventListener("sync", (event) => {
  if (event.tag === "actions") event.waitUntil(flush());
});

async function flush() {
  const result = await homecareQueue.flush();
  for (const client of await self.clients.matchAll()) client.postMessage({ flushed: result });
}
