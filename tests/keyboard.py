"""What stands in the way of a reader who has a keyboard and no mouse."""

CONTROLS = """(root) => {
  const all = [...root.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")];
  const shown = all.filter((e) => e.checkVisibility() && !e.disabled && e.tabIndex >= 0);
  const groups = new Map(); // of radio buttons one is reached, the chosen or the first
  for (const e of shown.filter((e) => e.type === "radio")) {
    const group = `${e.form?.id} ${e.name}`;
    if (!groups.has(group) || e.checked) groups.set(group, e);
  }
  return shown.filter((e) => e.type !== "radio" || [...groups.values()].includes(e));
}"""
KIT = f"""(root) => {{
  const controls = () => ({CONTROLS})(root);
  const name = (e) => e === document.body ? "nothing" : [e.tagName.toLowerCase(), e.name || e.getAttribute("aria-label")
    || (e.labels?.[0] ?? e).textContent.trim().slice(0, 30)].join(" ");
  const look = (e) => {{ // nothing, or how a ring around it looks
    const {{ outlineStyle, outlineWidth, outlineColor, boxShadow }} = getComputedStyle(e);
    const line = outlineStyle === "none" || parseFloat(outlineWidth) === 0 ? "" : [outlineWidth, outlineColor].join();
    return line + (boxShadow === "none" ? "" : boxShadow);
  }};
  const at = () => document.activeElement, where = () => name(at());
  window.keys = {{ controls, name, look, at, where, clicks: 0 }};
  keys.index = () => controls().indexOf(document.activeElement);
  root.addEventListener("click", () => keys.clicks++, true);
  keys.looks = controls().map(look);
  root.insertAdjacentHTML("beforebegin", '<button id="keys-before">before</button>');
  root.insertAdjacentHTML("afterend", '<button id="keys-after">after</button>');
  return controls().map(name);
}}"""
FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"


def _walk(page, names):
    """Tab from before the picture to behind it, and look at each control on the way."""
    faults = []
    page.focus("#keys-before")
    for k, name in enumerate(names):
        page.keyboard.press("Tab")
        if page.evaluate("keys.index()") != k:
            return [*faults, f"Tab comes to {page.evaluate('keys.where()')}, not to {name}"]
        if not page.evaluate("k => !['', keys.looks[k]].includes(keys.look(keys.at()))", k):
            faults.append(f"nothing shows that {name} has the focus")
    page.keyboard.press("Tab")
    if page.evaluate("keys.at().id") != "keys-after":
        faults.append(f"Tab does not leave behind {names[-1]}, but comes to {page.evaluate('keys.where()')}")
    page.keyboard.press("Shift+Tab")
    if page.evaluate("keys.index()") != len(names) - 1:
        faults.append("Shift+Tab does not come back")
    return faults


def _use(page, name):
    """Use one control by its keys; it must answer, and keep the focus when the picture is drawn again."""
    found = (
        "name => { const e = keys.controls().find((e) => keys.name(e) === name); e?.focus(); return e !== undefined; }"
    )
    if not page.evaluate(found, name):
        return []  # what was used before has left another picture
    kind = page.evaluate("[keys.at().tagName, keys.at().type ?? ''].join(' ').toLowerCase().trim()")
    state = "[keys.at().value, keys.at().checked].join()"
    if kind == "input range":
        low = page.evaluate("keys.at().value === keys.at().max")
        tries, answers = ["ArrowLeft" if low else "ArrowRight", "ArrowRight" if low else "ArrowLeft"], state
    elif kind == "select select-one":
        last = page.evaluate("keys.at().selectedIndex + 1 === keys.at().length")
        tries, answers = ["ArrowUp" if last else "ArrowDown"], state
    elif kind == "input checkbox":
        tries, answers = ["Space", "Space"], state
    elif kind.startswith("button"):
        tries, answers = ["Space", "Enter"], "keys.clicks"
    elif kind in ("input text", "textarea textarea"):
        tries, answers = ["End", "a"], None
    else:
        return []
    faults = []
    for key in tries:
        before = answers and page.evaluate(answers)
        page.keyboard.press(key)
        page.evaluate(FRAMES)
        if page.evaluate("keys.where()") != name:
            return [*faults, f"{key} on {name} leaves the focus on {page.evaluate('keys.where()')}"]
        if answers and page.evaluate(answers) == before:
            faults.append(f"{key} on {name} does nothing")
    return faults


def keyboard_faults(page, picture):
    """What a keyboard cannot do in the first picture that a selector finds, one line each."""
    root = page.locator(picture).first
    names = root.evaluate(KIT)
    if not names:
        return ["there is no control"]
    faults = _walk(page, names)
    for name in names:
        faults += _use(page, name)
    return faults
