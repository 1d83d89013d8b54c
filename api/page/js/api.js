// The service, asked over its public API: what it refuses becomes an error with its own words.

export class Problem extends Error {
  constructor(status, told) {
    super(told.detail || told.title || `HTTP ${status}`);
    this.status = status;
    // "invalid_input" of "urn:lifeline:problem:invalid-input"
    this.kind = (told.type || "").split(/[:/]/).at(-1).replaceAll("-", "_");
    this.problems = told.problems || [];
  }
}

const KEY = "lifeline.key";

export function useKey(key) {
  window.sessionStorage.setItem(KEY, key.trim());
}

function headers(more = {}) {
  const key = window.sessionStorage.getItem(KEY);
  return key ? { ...more, Authorization: `Bearer ${key}` } : more;
}

async function ask(method, path, body, more = {}) {
  const sent = body === undefined ? {} : { "Content-Type": "application/json" };
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: headers({ ...sent, ...more }),
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Problem(0, { detail: "" });
  }
  if (!answer.ok) {
    if (answer.status === 401) window.dispatchEvent(new Event("lifeline:key-asked"));
    throw new Problem(answer.status, await answer.json().catch(() => ({})));
  }
  return answer.status === 204 ? null : answer.json();
}

export const get = (path) => ask("GET", path);

// crypto.randomUUID is there on https and localhost only; a phone in a van may have neither.
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// `key` is the Idempotency-Key: the same one again gives the same answer, and does nothing twice.
export const post = (path, body, { key = newId() } = {}) =>
  ask("POST", path, body, { "Idempotency-Key": key });

// `revision` is the ETag's number: refused (412) where somebody else was first.
export const patch = (path, body, { revision } = {}) =>
  ask("PATCH", path, body, revision === undefined ? {} : { "If-Match": `"${revision}"` });

export const remove = (path) => ask("DELETE", path);

// All items of a list that comes in pages.
export async function all(path) {
  const found = [];
  let cursor = "";
  do {
    const mark = path.includes("?") ? "&" : "?";
    const page = await get(cursor ? `${path}${mark}cursor=${encodeURIComponent(cursor)}` : path);
    found.push(...page.items);
    cursor = page.next;
  } while (cursor);
  return found;
}

const SILENT_MS = 40_000; // The service says something every 15 s.
const WAITS_MS = [300, 1000, 2000, 5000];

// Follow the log of an incident from event number `after` on. Calls onEvent({seq, kind, ...}) for each entry, and
// onConnection("live" | "stale" | "lost"). Reconnects by itself and misses nothing. Returns how to stop.
// Not EventSource: that cannot send a key in a header.
export function stream(incident, after, onEvent, onConnection = () => {}) {
  let last = after;
  let failed = 0;
  let stopped = false;
  let current = null;

  async function follow() {
    while (!stopped) {
      try {
        await readOnce();
      } catch {
        if (stopped) return;
      }
      if (stopped) return;
      failed += 1;
      onConnection(failed > 2 ? "lost" : "stale");
      await new Promise((done) => setTimeout(done, WAITS_MS[Math.min(failed, WAITS_MS.length) - 1]));
    }
  }

  async function readOnce() {
    current = new AbortController();
    const answer = await fetch(`/v1/incidents/${incident}/events`, {
      headers: headers({ "Last-Event-ID": String(last), Accept: "text/event-stream" }),
      signal: current.signal,
      cache: "no-store",
    });
    if (!answer.ok) throw new Problem(answer.status, {});
    failed = 0;
    onConnection("live");
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const silence = setTimeout(() => current.abort(), SILENT_MS);
      const { value, done } = await reader.read().finally(() => clearTimeout(silence));
      if (done) return;
      const blocks = (rest + value).split(/\r?\n\r?\n/);
      rest = blocks.pop();
      for (const block of blocks) take(block);
    }
  }

  function take(block) {
    const lines = block.split(/\r?\n/);
    const data = lines.filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trim());
    const id = lines.find((line) => line.startsWith("id:"));
    if (id) last = Number(id.slice(3));
    if (data.length) onEvent(JSON.parse(data.join("\n")));
  }

  // A browser that is cut off may keep an open answer for long; what cannot be read from is given up at once.
  const hangUp = () => current && current.abort();
  window.addEventListener("offline", hangUp);
  follow();
  return () => {
    window.removeEventListener("offline", hangUp);
    stopped = true;
    if (current) current.abort();
  };
}
