// The orders that the plan shown was asked for with, from whichever browser; they can be given anew from here.

import { get } from "./api.js";
import { el } from "./elements.js";
import { t } from "./i18n.js";
import { give, onOrders, orders } from "./orders.js";
import { store } from "./state.js";

let place = null;
let told = { asked: "", locks: [] };

export function mountPlanOrders(element) {
  place = element;
  store.subscribe(["incident", "plan"], read);
  onOrders(draw);
  window.addEventListener("lifeline:words", draw);
  read();
}

// A list of plans does not tell their orders; each version keeps its own for good, so it is read once.
async function read() {
  const { incident, plan } = store.get();
  const asked = incident && plan ? `/v1/incidents/${incident.id}/plans/${plan.version}` : "";
  if (told.asked === asked) return;
  const mine = { asked, locks: [] };
  told = mine;
  draw();
  if (!asked) return;
  try {
    mine.locks = (await get(asked)).locks || [];
  } catch {
    // Read again with the next news.
    if (told === mine) told = { asked: "", locks: [] };
  }
  if (told === mine) draw();
}

function draw() {
  const { locks } = told;
  if (!locks.length) return void place.replaceChildren();
  const pending = orders();
  const missing = locks.filter((lock) => !pending.some((one) => one.job === lock.job && one.kind === lock.kind && one.value === lock.value));
  place.replaceChildren(
    el(
      "details",
      { open: locks.length <= 5 },
      el("summary", {}, t("orders.of_plan", { version: store.get().plan.version, orders: locks.length })),
      el("ul", { class: "plain" }, locks.map((one) => el("li", {}, t(`orders.${one.kind}`, one)))),
      missing.length ? el("button", { type: "button", onclick: () => missing.forEach(give) }, t("orders.give_again")) : "",
    ),
  );
}
