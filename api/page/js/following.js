// Follows one incident: reads it, its plans and its timeline, and reads again what an event of its log may have changed.

import { all, get, stream } from "./api.js";
import { minuteNow } from "./clock.js";
import { store } from "./state.js";

let stop = null;
let shown = null; // "incident/version" of what was last asked for, so that a late answer to an old question is dropped

export function openIncident(id) {
  store.set({ wanted: { incident: id, plan: null }, follows: true, selected: null });
}

// Show a version of the plan; null follows what crews follow.
export function showPlan(version) {
  store.set({ wanted: { incident: store.get().wanted.incident, plan: version } });
}

export function follow() {
  store.subscribe(["wanted"], load);
  window.setInterval(tick, 15_000);
  return load();
}

function tick() {
  const { follows, timeline } = store.get();
  if (follows && timeline) store.set({ minute: Math.min(minuteNow(), timeline.end_minute) });
}

async function load() {
  const { wanted } = store.get();
  const asked = `${wanted.incident}/${wanted.plan}`;
  if (asked === shown) return;
  const isSame = shown !== null && shown.split("/")[0] === wanted.incident;
  shown = asked;
  if (!wanted.incident) {
    if (stop) stop();
    stop = null;
    store.set({ incident: null, plan: null, plans: [], timeline: null });
    return;
  }
  if (!isSame) store.set({ incident: null, plan: null, plans: [], timeline: null });
  const after = await read(asked);
  if (!isSame && shown === asked && after !== null) listen(wanted.incident, after);
}

// Read all that is shown; returns the number of the last event that it knows, or null where it came too late.
async function read(asked) {
  const { wanted } = store.get();
  const about = `/v1/incidents/${wanted.incident}`;
  try {
    const [incident, plans] = await Promise.all([get(about), all(`${about}/plans`)]);
    const plan = wanted.plan
      ? plans.find((one) => one.version === wanted.plan) || null
      : plans.find((one) => one.status === "approved") || plans[0] || null;
    const timeline = await get(wanted.plan && plan ? `${about}/plans/${plan.version}/timeline` : `${about}/timeline?seq=${incident.last_seq}`);
    if (asked !== shown) return null;
    store.set({ incident, plans, plan, timeline, problem: null });
    tick();
    return incident.last_seq;
  } catch (problem) {
    if (asked === shown) store.set({ problem });
    return null;
  }
}

function listen(incident, after) {
  if (stop) stop();
  let waiting = 0;
  stop = stream(
    incident,
    after,
    (event) => {
      store.set({ news: event });
      window.clearTimeout(waiting);
      // A burst of reports is read once.
      waiting = window.setTimeout(() => read(shown), 80);
    },
    (connection) => store.set({ connection }),
  );
}
