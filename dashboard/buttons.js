// A row of buttons of which one is pressed.  One that cannot be chosen stays in reach of the keyboard, so that its reason is.

export function render({model}) {
  const group = document.createElement("div")
  group.setAttribute("role", "group")
  group.setAttribute("aria-label", model.label)
  const buttons = model.options.map((name) => {
    const button = document.createElement("button")
    button.type = "button"
    button.textContent = name
    button.addEventListener("click", () => {
      if (!(name in model.refused) && model.value !== name) { model.value = name }
    })
    group.append(button)
    return button
  })
  const show = () => {
    for (const button of buttons) {
      const name = button.textContent
      button.setAttribute("aria-pressed", String(name === model.value))
      const reason = model.refused[name]
      if (reason === undefined) {
        button.removeAttribute("aria-disabled")
        button.removeAttribute("title")
      } else {
        button.setAttribute("aria-disabled", "true")
        button.title = reason
      }
    }
  }
  model.on("value", show)
  model.on("refused", show)
  show()
  return group
}
