// The outbox as people see it: how many reports wait, and which were refused and why.

import { t, tOr } from "./i18n.js";
import { again, isKept, putAway, reports, subscribe } from "./outbox.js";

export function mountOutbox(element) {
  element.className = "outbox";
  element.setAttribute("role", "status");
  const draw = () => drawIn(element);
  subscribe(draw);
  window.addEventListener("lifeline:words", draw);
  draw();
}

function drawIn(element) {
  const all = reports();
  const unsent = all.filter((one) => !one.refused);
  element.hidden = !all.length;
  element.replaceChildren();
  if (unsent.length) {
    const line = document.createElement("p");
    line.className = "outbox-waiting";
    line.textContent = t(isKept() ? "outbox.waiting" : "outbox.waiting_unkept", { count: unsent.length });
    element.append(line);
  }
  for (const one of all.filter((report) => report.refused)) element.append(refused(one));
}

function refused({ update, refused: { status, why } }) {
  const box = document.createElement("div");
  box.className = "outbox-refused";
  const what = document.createElement("strong");
  what.textContent = t("outbox.refused", { what: said(update) });
  const reason = document.createElement("p");
  reason.textContent = tOr(`outbox.status_${status}`, "");
  const detail = document.createElement("p");
  detail.className = "quiet";
  // Where in the request the trouble lies is for programs.
  detail.textContent = why.replace(/^body → updates → \d+ → \w+: /, "");
  box.append(what, reason, detail, button("outbox.again", () => again(update.id)), button("outbox.put_away", () => putAway(update.id)));
  return box;
}

// "Finished: line-ash-brook"
export function said(update) {
  const about = update.job || update.component || update.link || update.crew || "";
  return t("outbox.said", { kind: t(`report.kind_${update.kind}`), about });
}

export function button(key, onClick, className = "") {
  const made = document.createElement("button");
  Object.assign(made, { type: "button", textContent: t(key), className });
  made.addEventListener("click", onClick);
  return made;
}
