// What was reported and is not yet with the service. It is kept in this browser, so it survives a dead zone, a reload
// and an empty battery. Reports go out one by one in the order of the taps. Each has an id of its own and the time of
// its tap, so one that is sent twice counts once. What the service refuses is set aside with its reason and stays
// until somebody puts it away: nothing is dropped in silence.

import { newId, post } from "./api.js";

const KEPT = "lifeline.outbox";
const WAITS_MS = [1000, 2000, 5000, 10_000, 30_000];
// A lost connection, and answers after which the same request is safe to send again.
const LATER = new Set([0, 401, 408, 425, 429]);

const listeners = new Set();
let memory = null; // where the browser keeps nothing for us
let failed = 0;
let waiting = 0;
let isSending = false;

export function reports() {
  if (memory) return memory;
  try {
    return JSON.parse(window.localStorage.getItem(KEPT)) || [];
  } catch {
    return [];
  }
}

export const isKept = () => memory === null;

// Every change reads first: another tab of the same phone may have written meanwhile.
function change(act) {
  const changed = act(reports());
  try {
    if (memory) memory = changed;
    else window.localStorage.setItem(KEPT, JSON.stringify(changed));
  } catch {
    memory = changed;
  }
  for (const callback of listeners) callback();
}

export function subscribe(callback) {
  listeners.add(callback);
  return () => listeners.delete(callback);
}

// Report something: {kind, job, …}. It is on this machine when this returns, and sent as soon as that can be.
export function report(incident, update) {
  const whole = { ...update, id: `page:${newId()}`, happened_at: new Date().toISOString() };
  change((all) => [...all, { incident, update: whole, refused: null }]);
  send();
  return whole.id;
}

// Send a refused report once more, as it is.
export function again(id) {
  change((all) => all.map((one) => (one.update.id === id ? { ...one, refused: null } : one)));
  send();
}

// Put a refused report away: the only way in which one leaves unsent.
export function putAway(id) {
  change((all) => all.filter((one) => one.update.id !== id || !one.refused));
}

export async function send() {
  if (isSending) return;
  window.clearTimeout(waiting);
  isSending = true;
  try {
    for (let next = first(); next; next = first()) {
      if (!(await sent(next))) break;
    }
  } finally {
    isSending = false;
  }
}

const first = () => reports().find((one) => !one.refused);

// Send one; true if the next one may go.
async function sent({ incident, update }) {
  try {
    await post(`/v1/incidents/${incident}/updates`, { updates: [update] }, { key: update.id });
    failed = 0;
    change((all) => all.filter((one) => one.update.id !== update.id));
    return true;
  } catch (problem) {
    const status = problem.status || 0;
    if (LATER.has(status) || status >= 500) {
      waiting = window.setTimeout(send, WAITS_MS[Math.min(failed, WAITS_MS.length - 1)]);
      failed += 1;
      for (const callback of listeners) callback();
      return false;
    }
    change((all) =>
      all.map((one) => (one.update.id === update.id ? { ...one, refused: { status, why: problem.message } } : one)),
    );
    return true;
  }
}

window.addEventListener("online", () => {
  failed = 0;
  send();
});
window.addEventListener("storage", (event) => {
  if (event.key === KEPT) for (const callback of listeners) callback();
});
