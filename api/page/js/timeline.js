// Reads the timeline document: what holds at a minute, and when it changes. It was all sent at once; nothing is asked.

import { store } from "./state.js";

// The value of [[minute, value], …] at a minute.
export function at(points, minute) {
  let low = 0;
  let high = points.length - 1;
  if (high < 0 || points[0][0] > minute) return 0;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (points[middle][0] <= minute) low = middle;
    else high = middle - 1;
  }
  return points[low][1];
}

// Value times minutes, from minute 0 up to a minute.
export function area(points, until) {
  let total = 0;
  for (let place = 0; place < points.length; place += 1) {
    const [since, value] = points[place];
    if (since >= until) break;
    const end = place + 1 < points.length ? Math.min(points[place + 1][0], until) : until;
    total += value * (end - since);
  }
  return total;
}

// From when on it is 0 for good; 0 where it never was anything else, null where it never is again.
export function clearFrom(points) {
  const [since, value] = points[points.length - 1] || [0, 0];
  if (value) return null;
  return points.length > 1 ? since : 0;
}

let walked = { timeline: null, minute: -1, next: 0, states: null };

// The number of the state of each component at a minute. The array is walked on from call to call: copy what you keep.
export function statesAt(timeline, minute) {
  const { minute: minutes, component, state } = timeline.changes;
  if (walked.timeline !== timeline || minute < walked.minute) {
    walked = { timeline, minute: -1, next: 0, states: Uint8Array.from(timeline.components.state) };
  }
  let { next } = walked;
  while (next < minutes.length && minutes[next] <= minute) {
    walked.states[component[next]] = state[next];
    next += 1;
  }
  Object.assign(walked, { next, minute });
  return walked.states;
}

// How many components, of the sectors that are not hidden, are in each state: {works: 7, …}.
export function countsAt(timeline, minute, hidden) {
  const counts = new Array(timeline.states.length).fill(0);
  const { sector } = timeline.components;
  statesAt(timeline, minute).forEach((state, place) => {
    if (!hidden[sector[place]]) counts[state] += 1;
  });
  return Object.fromEntries(timeline.states.map((name, place) => [name, counts[place]]));
}

// [[minute, name of the state], …] of one component, the first at minute 0.
export function lifeOf(timeline, place) {
  const { minute, component, state } = timeline.changes;
  const life = [[0, timeline.states[timeline.components.state[place]]]];
  for (let number = 0; number < component.length; number += 1) {
    if (component[number] === place) life.push([minute[number], timeline.states[state[number]]]);
  }
  return life;
}

let numbered = { timeline: null, numbers: null };

// The number of a component, by its id.
export function placeOf(timeline, id) {
  if (numbered.timeline !== timeline) {
    numbered = { timeline, numbers: new Map(timeline.components.id.map((name, place) => [name, place])) };
  }
  return numbered.numbers.get(id);
}

// Where a crew is at a minute, on a straight line between places while it drives, and its visit, if it is at one.
export function crewAt(crew, minute) {
  let place = [crew.longitude, crew.latitude];
  for (const visit of crew.visits) {
    const there = visit.longitude === null ? place : [visit.longitude, visit.latitude];
    if (minute < visit.depart) break;
    if (minute < visit.arrive) {
      const part = (minute - visit.depart) / (visit.arrive - visit.depart);
      return {
        place: place.map((from, axis) => from + (there[axis] - from) * part),
        doing: "driving",
        visit,
      };
    }
    if (minute < visit.finish) return { place: there, doing: minute < visit.start ? "waiting" : "working", visit };
    place = there;
  }
  return { place, doing: "idle", visit: null };
}

// What is left of a buffer at a minute, in minutes.
export function bufferLeft(buffer, minute) {
  const off = buffer.provided.map(([since, there]) => [since, 1 - there]);
  return Math.max(0, buffer.minutes - area(off, minute));
}

// Call back with the timeline and the minute now and whenever one of them, or the words, change.
export function onTime(callback, keys = []) {
  const draw = () => {
    const { timeline, minute } = store.get();
    callback(timeline, minute);
  };
  store.subscribe(["timeline", "minute", ...keys], draw);
  window.addEventListener("lifeline:words", draw);
  draw();
}
