console-toolbar = /help ayuda · /+ 👍 · /- 👎 · Ctrl-C corta la respuesta · Ctrl-D sale
console-stopping = Parando…
console-leave = No estoy escribiendo nada. Para salir, Ctrl-D.
console-no-vote = Todavía no hay ninguna respuesta que valorar.
console-vote-good = Anotado: 👍
console-saved = Guardado en `{ $path }`
