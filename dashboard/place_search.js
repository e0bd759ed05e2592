// A field in which one types a place, with suggestions below it.  Everything that comes from outside is set as text.

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) { made.setAttribute(name, value) }
  made.append(...children)
  return made
}

export function render({model}) {
  let wishes = 0, at = -1, wanted = ""
  const field = element("input", {
    type: "text", id: "place", role: "combobox", autocomplete: "off", spellcheck: "false", "aria-autocomplete": "list",
    "aria-expanded": "false", "aria-controls": "places", placeholder: model.hint, maxlength: "80",
  })
  const list = element("ul", {id: "places", role: "listbox", "aria-label": model.label})
  const go = element("button", {type: "button"}, model.go)
  const said = element("p", {role: "status"})
  list.hidden = true
  const actions = element("span", {class: "actions"})
  const act = () => actions.replaceChildren(...model.actions.map(([name, label]) => {
    const button = element("button", {type: "button"}, label)
    button.addEventListener("click", () => { model.acted = {name, number: ++wishes} })
    return button
  }))
  model.on("actions", act)
  act()

  const point = (to) => {
    at = to
    for (const [i, option] of [...list.children].entries()) { option.setAttribute("aria-selected", String(i === at)) }
    if (at < 0) { field.removeAttribute("aria-activedescendant") } else {
      field.setAttribute("aria-activedescendant", `place-${at}`)
      list.children[at].scrollIntoView({block: "nearest"})
    }
  }
  const open = (is) => {
    list.hidden = !is
    field.setAttribute("aria-expanded", String(is))
    if (!is) { point(-1) }
  }
  const choose = (pick) => {
    open(false)
    model.chosen = {text: field.value, pick, number: ++wishes}
  }
  const suggest = () => {
    wanted = field.value.trim()
    said.textContent = ""
    if (wanted === "") { open(false); return }
    model.asked = {text: wanted, number: ++wishes}
  }
  model.on("found", () => {
    if (model.found.text !== wanted || field.value.trim() !== wanted || field.getRootNode().activeElement !== field) { return }
    list.replaceChildren(...model.found.places.map(([name, where], i) => {
      const option = element("li", {role: "option", id: `place-${i}`, "aria-selected": "false"},
        element("b", {}, name), element("span", {}, where))
      option.addEventListener("mousedown", (event) => { event.preventDefault(); choose(i) })
      return option
    }))
    open(list.children.length > 0)
  })
  model.on("text", () => { field.value = model.text.text; wanted = "" })
  model.on("message", () => { said.textContent = model.message.text })

  field.addEventListener("input", suggest)
  field.addEventListener("focus", () => field.select())
  field.addEventListener("blur", () => open(false))
  field.addEventListener("keydown", (event) => {
    const many = list.children.length
    if (event.key === "Enter") {
      event.preventDefault()
      choose(at)
    } else if (event.key === "Escape") {
      open(false)
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && many > 0) {
      event.preventDefault()
      if (list.hidden) { open(true) }
      point(event.key === "ArrowDown" ? (at + 1) % many : (at <= 0 ? many : at) - 1)
    }
  })
  go.addEventListener("click", () => choose(-1))
  field.value = model.text.text
  said.textContent = model.message.text
  return element("div", {class: "search"},
    element("label", {for: "place"}, model.label), element("div", {class: "row"}, element("div", {class: "field"}, field, list), go, actions), said)
}
