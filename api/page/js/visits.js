// The visits of the plan that is shown, crew by crew: read once for each version, and handed to whoever draws them.

import { get } from "./api.js";
import { store } from "./state.js";

const kept = new Map(); // "incident/version" -> promise of the plan document

export function planDocument(incident, version) {
  const name = `${incident}/${version}`;
  if (!kept.has(name)) {
    if (kept.size > 8) kept.delete(kept.keys().next().value);
    const asked = get(`/v1/incidents/${incident}/plans/${version}/plan`);
    kept.set(name, asked);
    asked.catch(() => kept.delete(name));
  }
  return kept.get(name);
}

// [{crew, visits: [{job, component, sector, crew, depart, arrive, start, finish}]}], crews and visits in order.
export function rowsOf(visits, crews, sectors) {
  const rows = new Map([...crews].sort().map((crew) => [crew, []]));
  for (const visit of visits) {
    if (!rows.has(visit.crew)) rows.set(visit.crew, []);
    const component = componentOf(visit.job);
    rows.get(visit.crew).push({ ...visit, component, sector: sectors.get(component) || "" });
  }
  for (const row of rows.values()) row.sort((one, other) => one.start - other.start || one.finish - other.finish);
  return [...rows].map(([crew, of]) => ({ crew, visits: of }));
}

export const componentOf = (job) => job.split("/")[0];

// What a crew does at a minute: {doing: "driving" | "waiting" | "working" | "idle" | "done", visit, next}.
export function doingAt(visits, minute) {
  const visit = visits.find((one) => one.depart <= minute && minute < one.finish);
  const next = visits.find((one) => one.depart > minute) || null;
  if (!visit) return { doing: next ? "idle" : "done", visit: null, next };
  const doing = minute < visit.arrive ? "driving" : minute < visit.start ? "waiting" : "working";
  return { doing, visit, next };
}

// Where a drop makes sense: the order that puts `moved` in front of or behind its neighbours at a minute, or null.
export function orderOfDrop(visits, moved, minute) {
  const middle = (visit) => (visit.start + visit.finish) / 2;
  const here = visits.findIndex((visit) => visit.job === moved.job);
  if (minute < moved.start) {
    const target = visits.findIndex((visit) => middle(visit) > minute);
    if (target < 0 || target >= here) return null;
    return target === 0 ? { job: moved.job, kind: "first", value: "" } : { job: visits[target].job, kind: "after", value: moved.job };
  }
  let last = -1;
  visits.forEach((visit, index) => {
    if (middle(visit) < minute) last = index;
  });
  return last > here ? { job: moved.job, kind: "after", value: visits[last].job } : null;
}

// Call back with {plan, rows, unassignable} whenever another plan is shown, or null where there is none.
export function onRows(callback) {
  let asked = 0;
  const read = async () => {
    const { incident, plan, timeline } = store.get();
    const mine = ++asked;
    if (!incident || !plan) return callback(null);
    try {
      const found = await planDocument(incident.id, plan.version);
      if (mine !== asked) return undefined;
      const crews = (timeline && timeline.crews ? timeline.crews : []).map((crew) => crew.crew || crew.id || crew);
      return callback({ plan, rows: rowsOf(found.visits, crews, sectorsOf(timeline)), unassignable: found.unassignable });
    } catch (problem) {
      return mine === asked ? callback({ plan, rows: [], unassignable: [], problem }) : undefined;
    }
  };
  store.subscribe(["plan", "timeline"], read);
  read();
}

export function sectorsOf(timeline) {
  const components = timeline && Array.isArray(timeline.components) ? timeline.components : [];
  return new Map(components.map((one) => [one.component || one.id, one.sector]));
}
