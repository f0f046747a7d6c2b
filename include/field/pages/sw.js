// Keeps the pages of a link that was opened, so that they open again where there is no network. Nothing is sent from here.
'use strict';
const KEPT = 'field-1';
const isPage = url => /\/f\/[a-z2-7.]+(\/\d+)?$/.test(url.pathname);
self.addEventListener('install', event => event.waitUntil(self.skipWaiting()));
self.addEventListener('activate', event => event.waitUntil(self.clients.claim()));
self.addEventListener('fetch', event => {
  const url = new URL(event.request.url);
  const isAsset = /\/(field\.(css|js)|icon\.svg)$/.test(url.pathname);
  if (event.request.method !== 'GET' || url.origin !== location.origin || !(isPage(url) || isAsset)) return;
  event.respondWith((async () => {
    const kept = await caches.open(KEPT);
    try {
      const fresh = await fetch(event.request);
      if (fresh.ok) kept.put(url.pathname, fresh.clone());
      else if (fresh.status === 404) kept.delete(url.pathname);
      return fresh;
    } catch (error) {
      const found = await kept.match(url.pathname);
      if (found) return found;
      throw error;
    }
  })());
});
