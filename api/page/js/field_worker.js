// Keeps the files of the field page, so that it opens where there is no network. It never touches the service's data.

const KEPT = "lifeline-field";
const FILES = [
  "/field",
  "/page/icon.svg",
  "/page/css/base.css",
  "/page/css/field.css",
  "/page/css/outbox.css",
  "/page/js/api.js",
  "/page/js/elements.js",
  "/page/js/field.js",
  "/page/js/field_work.js",
  "/page/js/i18n.js",
  "/page/js/outbox.js",
  "/page/js/outbox_list.js",
  "/page/js/problems.js",
  "/page/text/en.json",
  "/page/text/zh.json",
];

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(FILES)));
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

// The network first, so that an upgrade of the service is seen at once.
self.addEventListener("fetch", (event) => {
  const { pathname } = new URL(event.request.url);
  if (event.request.method !== "GET" || !FILES.includes(pathname)) return;
  event.respondWith(fetch(event.request).catch(() => caches.match(pathname, { ignoreVary: true })));
});
