// Keeps the page of a course being made in step with the server: an event says that something changed, and
// the page is fetched anew, so that the server alone decides what is shown.
const PAUSE = 400;
const KINDS = ["task_created", "task_retried", "task_handed_back", "step_started", "step_finished", "piece_ready", "piece_failed",
  "piece_asked", "review_wanted", "review_decided", "task_waits", "task_claimed", "task_ended", "snapshot"];
const banner = document.getElementById("banner");
const status = document.getElementById("status");
let live = document.getElementById("live");
let source = null;
let due = false;
let busy = false;
let leaving = false;

async function refresh() {
  if (busy) { due = true; return; }
  busy = true;
  due = false;
  try {
    const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
    if (answer.ok) {
      put(new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live"));
      banner.hidden = true;
    }
  } catch {
    banner.hidden = false;
  }
  setTimeout(() => { busy = false; if (due) refresh(); }, PAUSE);
}

function put(fresh) {
  if (!fresh || fresh.innerHTML === live.innerHTML) return;
  const focused = document.activeElement && live.contains(document.activeElement) ? document.activeElement : null;
  const filling = focused && ["INPUT", "BUTTON", "SUMMARY"].includes(focused.tagName) && fresh.dataset.active === live.dataset.active;
  const opened = [...live.querySelectorAll("details[open][id]")].map((details) => details.id);
  if (!filling || !replaceAround(fresh, focused)) {
    live.replaceWith(fresh);
    live = fresh;
    if (focused && focused.id) document.getElementById(focused.id)?.focus({ preventScroll: true });
  }
  for (const id of opened) if (document.getElementById(id)) document.getElementById(id).open = true;
  if (live.dataset.active !== "yes") { source?.close(); source = null; }
  else if (!source && "EventSource" in window) follow();
  if (status.textContent !== fresh.dataset.doing) status.textContent = fresh.dataset.doing || "The course has ended its making.";
}

// Someone is in a form: leave that part where it is (taken out it would lose the focus) and replace what stands
// around it. False where the page has no such part any more.
function replaceAround(fresh, focused) {
  const held = [...live.children].find((child) => child.contains(focused));
  const parts = [...fresh.children];
  const at = parts.findIndex((part) => ["tagName", "id", "className"].every((name) => part[name] === held[name]));
  if (at < 0) return false;
  for (const child of [...live.children]) if (child !== held) child.remove();
  held.before(...parts.slice(0, at));
  held.after(...parts.slice(at + 1));
  return true;
}

function follow() {
  source = new EventSource(`${live.dataset.events}?after=${live.dataset.seq}`);
  for (const kind of KINDS) source.addEventListener(kind, refresh);
  source.addEventListener("task_deleted", () => leaving || location.reload());
  source.onopen = () => { banner.hidden = true; refresh(); };
  source.onerror = () => {
    if (live.dataset.active !== "yes") { source.close(); return; }
    banner.hidden = source.readyState === EventSource.OPEN;
    if (source.readyState === EventSource.CLOSED) { source.close(); setTimeout(() => { refresh(); follow(); }, 2000); }
  };
}

// The queue moves on without a word to those who wait in it.
setInterval(() => live.dataset.queued === "yes" && document.visibilityState === "visible" && refresh(), 5000);

// A button of this page leads on by itself; a reload must not overtake it.
addEventListener("submit", () => (leaving = true));
addEventListener("pageshow", () => (leaving = false));

// Nothing is followed while a person is waited for; whoever comes back to this page sees how it stands now.
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && !source && refresh());

if (live.dataset.active === "yes") {
  if ("EventSource" in window) follow();
  else setInterval(() => live.dataset.active === "yes" && refresh(), 3000);
}
