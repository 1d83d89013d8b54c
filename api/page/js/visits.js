// The visits of the plan that is shown, crew by crew, out of the timeline.

import { store } from "./state.js";

// [{crew, visits: [{crew, job, component, sector, depart, arrive, start, finish}]}], crews by name, visits in order.
export function rowsOf(timeline) {
  const { id, sector } = timeline.components;
  const sectors = new Map(id.map((name, index) => [name, sector[index]]));
  const rows = timeline.crews.map(({ crew, visits }) => ({
    crew,
    visits: visits
      .map((visit) => ({ ...visit, crew, sector: sectors.get(visit.component) || "" }))
      .sort((one, other) => one.start - other.start || one.finish - other.finish),
  }));
  return rows.sort((one, other) => one.crew.localeCompare(other.crew, "en", { numeric: true }));
}

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

// Call back with {plan, rows, unassignable} whenever another timeline is shown, or null where there is no plan.
export function onRows(callback) {
  const read = () => {
    const { plan, timeline } = store.get();
    callback(plan && timeline ? { plan, rows: rowsOf(timeline), unassignable: timeline.unassignable } : null);
  };
  store.subscribe(["plan", "timeline"], read);
  read();
}
