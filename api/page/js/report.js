// What a desk reports about what is selected: choose a part on the map or in a list, then one more click.
//
// mountReport(element, selection) draws the buttons that fit {kind: "component" | "job" | "crew", id}.

import { t } from "./i18n.js";
import { report, reports, send, subscribe } from "./outbox.js";
import { button, mountOutbox } from "./outbox_list.js";
import { store } from "./state.js";

const WORK_MINUTES = [30, 60, 120, 240, 480];

// In the panel of what is selected; drawn anew only when something else fits, so that no open list is closed by news.
export function mount(element) {
  const place = document.createElement("div");
  place.className = "report-place";
  element.append(place);
  let drawn = "";
  const draw = () => {
    const { incident, selected, language } = store.get();
    const fits = [incident && incident.id, incident && incident.is_closed, language, selected, selected && jobsAt(selected.id)];
    if (drawn === JSON.stringify(fits)) return;
    drawn = JSON.stringify(fits);
    place.hidden = !selected;
    if (selected) mountReport(place, selected);
  };
  store.subscribe(["incident", "selected", "timeline"], draw);
  window.addEventListener("lifeline:words", draw);
  watch();
  draw();
}

export function mountReport(element, selection) {
  const { incident } = store.get();
  const box = document.createElement("section");
  box.className = "report";
  element.replaceChildren(box);
  if (!incident || incident.is_closed) return;
  const say = (update) => {
    report(incident.id, update);
    mountReport(element, selection);
  };
  const title = document.createElement("h3");
  title.textContent = t("report.title");
  box.append(title, row(buttonsFor(selection, say)));
  const told = lastTold(selection);
  if (told) box.append(told);
}

// The outbox of this desk is seen wherever one looks.
function watch() {
  const place = document.createElement("div");
  place.id = "desk-outbox";
  document.body.append(place);
  mountOutbox(place);
  send();
}

function buttonsFor({ kind, id }, say) {
  if (kind === "job") return jobButtons(id, say);
  if (kind === "crew") {
    return [
      button("report.crew_off_duty", () => say({ kind: "crew_off_duty", crew: id })),
      button("report.crew_on_duty", () => say({ kind: "crew_on_duty", crew: id })),
    ];
  }
  const jobs = jobsAt(id);
  const found = jobs.flatMap((job) => jobButtons(job, say, jobs.length > 1 ? job : ""));
  if (isRoadLink(id)) {
    found.push(button("report.road_closed", () => say({ kind: "road_closed", link: id })));
    found.push(button("report.road_opened", () => say({ kind: "road_opened", link: id })));
  }
  if (jobs.length) found.push(button("report.damage_ruled_out", () => say({ kind: "damage_ruled_out", component: id })));
  else found.push(button("report.damage_found", () => say({ kind: "damage_found", component: id })));
  return found;
}

function jobButtons(job, say, name = "") {
  const made = [
    button("report.job_started", () => say({ kind: "job_started", job })),
    button("report.job_finished", () => say({ kind: "job_finished", job })),
    takes(job, say),
    button("report.job_blocked", () => say({ kind: "job_blocked", job })),
    button("report.job_unblocked", () => say({ kind: "job_unblocked", job })),
  ];
  if (!name) return made;
  const label = document.createElement("strong");
  label.textContent = name;
  return [label, ...made];
}

function takes(job, say) {
  const select = document.createElement("select");
  select.setAttribute("aria-label", t("report.job_takes"));
  select.append(new Option(t("report.job_takes"), ""));
  for (const minutes of WORK_MINUTES) {
    select.append(new Option(minutes < 60 ? t("shell.minutes", { minutes }) : t("shell.hours", { hours: minutes / 60 }), minutes));
  }
  select.addEventListener("change", () => say({ kind: "job_takes", job, minutes: Number(select.value) }));
  return select;
}

// A damaged component is a job, or several steps named component/step.
function jobsAt(component) {
  const { timeline } = store.get();
  if (!timeline) return [];
  const visits = timeline.crews.flatMap((crew) => crew.visits);
  const found = visits.filter((visit) => visit.component === component).map((visit) => visit.job);
  return [...new Set(found)];
}

function isRoadLink(id) {
  const { timeline } = store.get();
  if (!timeline) return false;
  const { components } = timeline;
  const place = components.id.indexOf(id);
  return place >= 0 && components.sector[place] === "road" && components.from[place] !== null;
}

function lastTold({ id }) {
  const about = ({ update }) => [update.job, update.component, update.link, update.crew].includes(id);
  if (!reports().some((one) => !one.refused && about(one))) return null;
  const line = document.createElement("p");
  line.className = "quiet";
  line.setAttribute("role", "status");
  line.textContent = t("report.on_its_way");
  const stop = subscribe(() => {
    if (reports().some((one) => !one.refused && about(one))) return;
    stop();
    line.textContent = t("report.taken");
  });
  return line;
}

function row(buttons) {
  const made = document.createElement("div");
  made.className = "report-row";
  made.append(...buttons);
  return made;
}
