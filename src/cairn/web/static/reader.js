// Copy buttons and language names on code; the quiz goes on in place, with keys 1-9 and Enter.
const NAMES = { python: "Python", sh: "Shell", bash: "Shell", redis: "Redis", sql: "SQL", json: "JSON", toml: "TOML", output: "prints" };

for (const block of document.querySelectorAll(".prose pre")) {
  const code = block.querySelector("code");
  const language = /language-(\w+)/.exec(code?.className ?? "")?.[1];
  if (!code) continue;
  if (NAMES[language]) {
    const tag = document.createElement("span");
    tag.className = "tag";
    tag.textContent = NAMES[language];
    block.append(tag);
  }
  if (language === "output") continue;
  const text = code.textContent;
  const button = document.createElement("button");
  button.className = "copy";
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  block.append(button);
}

async function show(request, address) {
  const answer = await fetch(request);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("quiz");
  if (!answer.ok || !fresh) return false;
  document.getElementById("quiz").replaceWith(fresh);
  history.pushState(null, "", address ?? answer.url.replace(/#.*$/, "") + "#quiz");
  fresh.focus({ preventScroll: true });
  if (fresh.getBoundingClientRect().top < 0) fresh.scrollIntoView();
  return true;
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-quiz]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  if (!(await show(link.href, link.href).catch(() => false))) location.assign(link.href);
});

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-quiz]");
  if (!form || !form.querySelector(":checked")) return;
  event.preventDefault();
  const button = form.querySelector("button");
  if (button.disabled) return;
  button.disabled = true;
  const sent = new Request(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  if (!(await show(sent).catch(() => false))) { button.disabled = false; form.submit(); }
});

addEventListener("popstate", () => location.reload());

document.addEventListener("keydown", (event) => {
  const form = document.querySelector("form[data-quiz]");
  if (!form || event.ctrlKey || event.metaKey || event.altKey || !/^[1-9]$/.test(event.key)) return;
  if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && !form.contains(event.target)) return;
  const box = form.getBoundingClientRect();
  if (box.bottom < 0 || box.top > innerHeight) return;
  const option = form.querySelectorAll('input[name="option"]')[Number(event.key) - 1];
  if (option) { option.click(); option.focus(); event.preventDefault(); }
});

const marks = new Map([...document.querySelectorAll(".contents a")].map((link) => [decodeURIComponent(link.hash.slice(1)), link]));

// The part being read is the last whose heading has passed the upper third.
function markPart() {
  let current;
  for (const [id, link] of marks) {
    link.removeAttribute("aria-current");
    const place = document.getElementById(id);
    if (place && place.getBoundingClientRect().top < innerHeight / 3) current = link;
  }
  current?.setAttribute("aria-current", "true");
}

let drawing = 0;
addEventListener("scroll", () => {
  cancelAnimationFrame(drawing);
  drawing = requestAnimationFrame(markPart);
}, { passive: true });
