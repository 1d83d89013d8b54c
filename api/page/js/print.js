// The dispatcher's print: one page a crew, from the work lists, in the page's language.

import { get } from "./api.js";
import { el } from "./elements.js";
import { language, number, t, tOr } from "./i18n.js";
import { refusal, undoable } from "./problems.js";

let place = null;

export function mount(element) {
  place = element;
}

// Read the work lists of a plan, put them where only paper shows them, and ask the browser to print.
export async function printLists(incident, plan) {
  try {
    const lists = await get(`/v1/incidents/${incident.id}/plans/${plan.version}/work-lists`);
    place.replaceChildren(...pages(incident, plan, lists));
    window.print();
  } catch (problem) {
    window.alert(refusal(problem));
  }
}

export function pages(incident, plan, lists) {
  const crews = lists.crews.map((crew) => page(incident, plan, lists, crew));
  return lists.left_out.length ? [...crews, leftOut(incident, plan, lists)] : crews;
}

function page(incident, plan, lists, crew) {
  const names = ["position", "job", "site", "leave", "arrive", "start", "finish", "reason"];
  return el(
    "section",
    { class: "sheet" },
    head(incident, plan, lists, t("print.crew", crew)),
    el("p", {}, t("print.skills", { skills: crew.skills.join(", ") || "–" }) + (crew.owner ? ` · ${crew.owner}` : "")),
    crew.visits.length
      ? el(
          "table",
          {},
          el("thead", {}, el("tr", {}, names.map((name) => el("th", { scope: "col" }, t(`print.${name}`))), el("th", { scope: "col" }, t("print.done")))),
          el("tbody", {}, crew.visits.map(row)),
        )
      : el("p", {}, t("print.nothing")),
  );
}

function row(visit) {
  const site = [visit.kind, tOr(`sector.${visit.sector}`, visit.sector), where(visit)].filter(Boolean).join(" · ");
  return el(
    "tr",
    {},
    [number(visit.position), visit.job, site].map((text) => el("td", {}, text)),
    [visit.depart_clock, visit.arrive_clock, visit.start_clock, visit.finish_clock].map((moment) => el("td", { class: "moment" }, short(moment))),
    el("td", {}, visit.reason[language()] + (visit.after_horizon ? ` ${t("print.after_horizon")}` : "")),
    el("td", { class: "box" }, "☐"),
  );
}

const where = (visit) =>
  visit.longitude === null ? "" : t("print.place", { latitude: visit.latitude.toFixed(5), longitude: visit.longitude.toFixed(5) });

// The clocks come in the place's own time; they are not turned into the reader's.
function short(moment) {
  if (!moment) return "–";
  const [, year, month, day, time] = /^(\d+)-(\d\d)-(\d\d)T(\d\d:\d\d)/.exec(moment);
  const weekday = new Intl.DateTimeFormat(language() === "zh" ? "zh-CN" : "en-GB", { weekday: "short", timeZone: "UTC" });
  return `${weekday.format(new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))))} ${time}`;
}

function leftOut(incident, plan, lists) {
  return el(
    "section",
    { class: "sheet" },
    head(incident, plan, lists, t("print.left_out")),
    el("ul", {}, lists.left_out.map((one) => el("li", {}, el("b", {}, one.job), undoable(one)))),
  );
}

function head(incident, plan, lists, title) {
  const marks = [t(`shell.plan_${plan.status}`, plan), plan.stale_since ? t("versions.stale") : "", lists.timezone];
  return el(
    "header",
    {},
    incident.is_drill ? el("strong", { class: "drill" }, t("shell.drill")) : "",
    el("h1", {}, title),
    el("p", {}, [incident.name, ...marks].filter(Boolean).join(" · ")),
    el("p", { class: "hash" }, t("print.hash", { hash: plan.sha256.slice(0, 16) })),
  );
}
