// Says what hours and deadline add up to, keeps what was typed over a reload, fills in a course to start from.
const form = document.getElementById("ask");
const sum = document.getElementById("sum");

if (form) {
  const fields = ["query", "level", "hours_per_week", "deadline", "known", "review"].map((name) => form.elements[name]);
  const first = sum.textContent;

  const add_up = () => {
    const hours = Number(form.elements.hours_per_week.value.replace(",", ".")) || 0;
    const until = form.elements.deadline.valueAsDate;
    if (!until) {
      sum.textContent = hours > 0 ? `${hours} hours a week, at your own pace.` : first;
      return;
    }
    const pace = hours > 0 ? hours : 5;
    const total = Math.round((pace * (until - Date.now())) / 6048e5);
    const day = until.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
    sum.textContent = total > 0 ? `About ${total} hours: ${pace} hours a week until ${day}.` : `${day} is too soon for a course.`;
  };

  const said = (field) => (field.type === "checkbox" ? field.checked : field.value);
  const keep = () => sessionStorage.setItem("ask", JSON.stringify(fields.map(said)));

  const untouched = !fields.some(said);
  if (untouched && sessionStorage.getItem("ask")) {
    JSON.parse(sessionStorage.getItem("ask")).forEach((value, at) => {
      if (fields[at].type === "checkbox") fields[at].checked = value;
      else fields[at].value = value;
    });
    if (fields.slice(1).some(said)) form.querySelector("details").open = true;
  }
  form.addEventListener("input", () => { add_up(); keep(); });
  form.addEventListener("submit", () => {
    sessionStorage.removeItem("ask");
    form.querySelector("button").setAttribute("aria-disabled", "true");
  });
  add_up();

  for (const link of document.querySelectorAll("[data-goal]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      form.elements.query.value = link.dataset.goal;
      form.elements.query.focus();
      form.scrollIntoView({ block: "start" });
      keep();
    });
  }
}
