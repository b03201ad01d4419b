// Questions on the pages of problem sets: the check is that of birnn_student/questions.py. What was answered stays here.
"use strict";

function checked(question, given) {
  if (question.options) {
    return [given === question.answer, question.says[given] ?? "There is no such option."];
  }
  const near = (value) => Math.abs(given - value) <= question.within + 1e-9;
  if (near(question.answer)) return [true, "Yes."];
  const known = question.wrong.find((w) => near(w.value));
  return [false, known ? known.says : "No, not that."];
}

for (const form of document.querySelectorAll("form.set-question")) {
  const question = JSON.parse(form.dataset.question);
  const said = form.querySelector("output");
  const given = () => {
    const entry = new FormData(form).get("answer");
    return entry === null || entry.trim() === "" ? NaN : Number(entry.replace(",", "."));
  };
  const say = () => {
    const number = given();
    const [right, text] = Number.isNaN(number) ? [false, "Give a number, or choose."] : checked(question, number);
    said.textContent = `${right ? "✓" : "✗"} ${text}`;
    said.dataset.right = right;
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    say();
    try {
      localStorage.setItem(form.id, new FormData(form).get("answer") ?? "");
    } catch {} // a browser may refuse: then it is asked again
  });
  try {
    const kept = localStorage.getItem(form.id);
    if (kept) {
      const radio = form.querySelector(`input[type=radio][value="${CSS.escape(kept)}"]`);
      if (radio) radio.checked = true;
      else if (!question.options) form.querySelector("input").value = kept;
      say();
    }
  } catch {}
}
