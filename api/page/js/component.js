// The panel of what is selected on the map: a component (why dark, whom it serves, when back, who comes), or a crew.

import { get } from "./api.js";
import { clock, hour } from "./clock.js";
import { el } from "./elements.js";
import { duration, number, t, tOr } from "./i18n.js";
import { store } from "./state.js";
import { crewAt, lifeOf, onTime, placeOf, statesAt } from "./timeline.js";

const MOST_CUSTOMERS = 5;
const REST_MS = 250;

let place = null;
let cascade = { key: "", told: null };
let waiting = 0;

export function mount(element) {
  place = el("div", { class: "selected" });
  element.prepend(place);
  onTime(draw, ["selected", "plan"]);
}

function draw(timeline, minute) {
  const { selected } = store.get();
  place.hidden = !timeline || !selected || selected.kind === "job";
  if (place.hidden) return;
  const hadFocus = place.contains(document.activeElement);
  const told = selected.kind === "crew" ? crewTold(timeline, minute, selected.id) : componentTold(timeline, minute, selected.id);
  place.replaceChildren(...told);
  if (hadFocus) place.querySelector("button").focus();
}

function heading(text, about) {
  const close = el(
    "button",
    { type: "button", class: "close", "aria-label": t("shell.close"), onclick: () => store.set({ selected: null }) },
    "×",
  );
  return [el("header", {}, el("h2", {}, text), close), el("p", { class: "quiet" }, about)];
}

function componentTold(timeline, minute, id) {
  const number_ = placeOf(timeline, id);
  if (number_ === undefined) return heading(id, t("component.unknown"));
  const { sector, kind, owner } = timeline.components;
  const state = timeline.states[statesAt(timeline, minute)[number_]];
  const about = [tOr(`sector.${sector[number_]}`, sector[number_]), tOr(`kind.${kind[number_]}`, kind[number_]), owner[number_]];
  const needsWhy = !["works", "unused"].includes(state);
  const why = needsWhy ? whyOf(id, minute) : null;
  return [
    ...heading(id, about.filter(Boolean).join(" · ")),
    el("p", {}, el("b", { class: "state", dataset: { state } }, t(`state.${state}`))),
    ...(needsWhy ? whyTold(id, state, why) : []),
    ...backTold(timeline, minute, number_),
    ...workTold(timeline, minute, [id, ...(why ? why.chain.map((step) => step.component) : [])]),
    ...servedTold(timeline, id, why),
    ...lifeTold(timeline, number_),
  ];
}

// What the service says of a component at a minute, or null until it is known; asked once the slider rests.
function whyOf(id, minute) {
  const { incident, timeline, news } = store.get();
  const key = `${incident.id} ${minute} ${timeline.as_of_seq} ${news ? news.seq : 0}`;
  if (cascade.key === key) {
    if (!cascade.told) return null;
    const dark = cascade.told.dark.find((row) => row.component === id);
    const cause = cascade.told.causes.find((row) => row.broken === id);
    return { chain: dark ? dark.chain : [], isLoop: Boolean(dark && dark.is_loop), cause };
  }
  window.clearTimeout(waiting);
  waiting = window.setTimeout(() => ask(key, incident.id, minute), REST_MS);
  return null;
}

async function ask(key, incident, minute) {
  const moment = new Date(Date.parse(store.get().timeline.started_at) + minute * 60_000).toISOString();
  cascade = { key, told: null };
  try {
    const told = await get(`/v1/incidents/${incident}/cascade?at=${encodeURIComponent(moment)}`);
    if (cascade.key === key) cascade = { key, told };
  } catch {
    if (cascade.key === key) cascade = { key, told: { dark: [], causes: [] } };
  }
  const { timeline, minute: now } = store.get();
  draw(timeline, now);
}

function whyTold(id, state, why) {
  if (!why) return [el("p", { class: "quiet" }, t("component.asking"))];
  const found = [];
  if (why.chain.length > 1) {
    found.push(
      el("h3", {}, t("component.why")),
      el("ol", { class: "chain" }, why.chain.map((step) => el("li", {}, chooser("component", step.component, id), " ", because(step)))),
    );
    if (why.isLoop) found.push(el("p", {}, t("component.loop")));
  }
  if (why.cause && why.cause.components) {
    found.push(
      el("p", {}, t("component.causes", { components: number(why.cause.components), persons: number(why.cause.persons) })),
    );
  }
  return found;
}

const acceptedTold = ({ accepted_minute: since }) => (typeof since === "number" ? el("span", { class: "accepted" }, ` ${t("component.accepted", { time: hour(since) })}`) : "");

const because = (step) => tOr(`because.${step.because.replaceAll(" ", "_")}`, step.because);

function chooser(kind, id, current = null) {
  if (id === current) return el("b", {}, id);
  return el("button", { type: "button", class: "link", onclick: () => store.set({ selected: { kind, id } }) }, id);
}

const GOOD = ["works", "repaired"];

function backTold(timeline, minute, place_) {
  const life = lifeOf(timeline, place_);
  const [since, last] = life[life.length - 1];
  const isGood = GOOD.includes(timeline.states[statesAt(timeline, minute)[place_]]);
  if (last === "unused" || (isGood && since <= minute)) return [];
  const text = GOOD.includes(last) ? t("component.back_at", { clock: clock(since), after: duration(since) }) : t("component.never");
  return [el("h3", {}, t("component.back")), el("p", {}, text)];
}

function workTold(timeline, minute, components) {
  const wanted = new Set(components);
  const visits = timeline.crews
    .flatMap((crew) => crew.visits.map((visit) => ({ ...visit, crew: crew.crew })))
    .filter((visit) => wanted.has(visit.component) && visit.finish > minute)
    .sort((one, other) => one.start - other.start);
  if (!visits.length) return [];
  return [
    el("h3", {}, t("component.crews")),
    el(
      "ul",
      { class: "visits" },
      visits.map((visit) =>
        el("li", {}, chooser("crew", visit.crew), " → ", chooser("job", visit.job), acceptedTold(visit), el("br"), t("component.visit", {
          arrive: clock(visit.arrive),
          finish: clock(visit.finish),
        })),
      ),
    ),
  ];
}

function servedTold(timeline, id) {
  const { supplies, customers } = timeline;
  const mine = new Map();
  supplies.node.forEach((node, row) => {
    if (node === id && supplies.service[row] !== "facility") mine.set(supplies.customer[row], supplies.service[row]);
  });
  if (!mine.size) return [];
  const rows = [...mine.keys()].sort(
    (one, other) => customers.critical[other] - customers.critical[one] || customers.persons[other] - customers.persons[one],
  );
  const persons = rows.reduce((total, customer) => total + customers.persons[customer], 0);
  const listed = rows.slice(0, MOST_CUSTOMERS).map((customer) =>
    el("li", {}, t(customers.critical[customer] ? "component.critical" : "component.customer", {
      name: customers.name[customer] || customers.id[customer],
      persons: number(customers.persons[customer]),
      service: tOr(`service.${mine.get(customer)}`, mine.get(customer)),
    })),
  );
  return [
    el("h3", {}, t("component.serves")),
    el("p", {}, t("component.served", { customers: number(rows.length), persons: number(persons) })),
    el("ul", {}, listed),
  ];
}

function lifeTold(timeline, place_) {
  const life = lifeOf(timeline, place_);
  if (life.length < 2) return [];
  return [
    el("h3", {}, t("component.life")),
    el("ul", { class: "life" }, life.map(([minute, state]) => el("li", {}, `${clock(minute)} · ${t(`state.${state}`)}`))),
  ];
}

function crewTold(timeline, minute, id) {
  const crew = timeline.crews.find((row) => row.crew === id);
  if (!crew) return heading(id, t("component.unknown"));
  const { doing, visit } = crewAt(crew, minute);
  const following = crew.visits.filter((one) => one.finish > minute && one !== visit);
  const skills = crew.skills.map((skill) => tOr(`sector.${skill}`, skill)).join(", ");
  return [
    ...heading(t("component.crew", { crew: id }), [t("component.skills", { skills }), crew.owner].filter(Boolean).join(" · ")),
    el("p", {}, el("b", {}, t(`doing.${doing}`)), " ", visit ? [chooser("job", visit.job), acceptedTold(visit)] : ""),
    visit ? el("p", {}, t("component.visit", { arrive: clock(visit.arrive), finish: clock(visit.finish) })) : null,
    el("h3", {}, t("component.next")),
    following.length
      ? el("ul", { class: "visits" }, following.map((one) => el("li", {}, chooser("job", one.job), acceptedTold(one), el("br"), t("component.visit", { arrive: clock(one.arrive), finish: clock(one.finish) }))))
      : el("p", { class: "quiet" }, t("component.none_next")),
  ].filter(Boolean);
}
