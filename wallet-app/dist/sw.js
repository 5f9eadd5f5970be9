/**
 * So that the wallet opens without a network. What is kept are the wallet's own files and what this origin says of itself, never
 * anybody's data. A new version waits until no window of the old one is open, so that no window is made of two.
 */

const CACHE = 'aitta-a47c0ad1a72e690c';
const FILES = ["/app.css","/app.js","/core.js","/daily.js","/frame.js","/home.js","/icon.svg","/","/manifest.webmanifest","/runtime.js","/scanning.js","/seldom.js","/square.js","/warning.js"];
/**
 * What the city says of itself: newest first, the kept one when there is no network. The page too: with it comes whom the browser lets
 * it call.
 */
const SAID = ['/', '/federation.json', '/theme.json'];

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) =>
        cache.addAll([...new Set([...FILES, ...SAID])].map((url) => new Request(url, { cache: 'reload' }))),
      ),
  );
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)))),
  );
});

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (url.origin !== self.location.origin || event.request.method !== 'GET') return;
  // The page itself, also when a login comes back to it with something behind its address.
  const path = event.request.mode === 'navigate' ? '/' : url.pathname;
  if (SAID.includes(path)) event.respondWith(newest(path));
  else if (FILES.includes(path)) event.respondWith(kept(path));
});

async function newest(path) {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(path, { cache: 'no-cache' });
    if (response.ok) await cache.put(path, response.clone());
    return response;
  } catch (unreachable) {
    const known = await cache.match(path);
    if (known === undefined) throw unreachable;
    return known;
  }
}

async function kept(path) {
  const cache = await caches.open(CACHE);
  return (await cache.match(path)) ?? fetch(path);
}
